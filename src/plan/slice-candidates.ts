/**
 * The endpoints of one slice as candidates. Those of Services with many slices are kept, in order, for as long as
 * the slice is: of 5,000 endpoints a change touches those of one slice, and only these are hashed and sorted
 * again. Pure: what is kept follows from the slice alone.
 */
import type { Address } from "../model/address.ts";
import type { Endpoint, EndpointSlice, ObjectName } from "../model/cluster.ts";
import { hashText } from "../model/hash.ts";
import { whySpecial } from "./address-rules.ts";

/** An endpoint whose address is special. */
export interface RefusedEndpoint {
  readonly slice: ObjectName;
  readonly address: Address;
  /** To follow "it is". */
  readonly why: string;
}

/** Without its id: a text for each of 100,000 endpoints is most of what planning would cost. */
export interface Candidate {
  /** Of node and endpoint: the order of all candidates. */
  readonly hash: number;
  readonly port: number;
  readonly endpoint: Endpoint;
}

/** What gathering needs besides the slices. */
export interface Gathering {
  /** Of the node: begins the hash of each endpoint. */
  readonly seed: number;
  readonly refused: RefusedEndpoint[];
  readonly candidates: Candidate[];
}

/** Gives the hash of 32 bits a sign, in the same order: V8 would keep half of all others in objects of their own. */
const SIGN = 0x8000_0000;

/** Adds the endpoints of `slice` at `port`, in their order. */
export function addSlice(
  { name, endpoints }: EndpointSlice,
  port: number,
  { seed, refused, candidates }: Gathering,
): void {
  for (const endpoint of endpoints) {
    const { address } = endpoint;
    const why = whySpecial(address);
    if (why !== undefined) {
      refused.push({ slice: name, address, why });
      continue;
    }
    candidates.push({ hash: hashText(address, seed ^ port) ^ SIGN, port, endpoint });
  }
}

/** Equal ones stay in the order in which they came: sorting is stable. */
export function byHash(a: Candidate, b: Candidate): number {
  if (a.hash !== b.hash) return a.hash - b.hash;
  if (a.endpoint.address !== b.endpoint.address) {
    return a.endpoint.address < b.endpoint.address ? -1 : 1;
  }
  return a.port - b.port;
}

/** Candidates in the order of their hashes, with what is asked of all of them at each plan. */
export interface SortedCandidates {
  readonly candidates: readonly Candidate[];
  /** Of each of them. */
  readonly addresses: readonly Address[];
  /** Those on this node. */
  readonly here: readonly Candidate[];
  readonly areAllReady: boolean;
  /** Undefined where it is not the same of all. */
  readonly port: number | undefined;
}

/** Sorts `candidates` itself. */
export function sorted(candidates: Candidate[], nodeName: string): SortedCandidates {
  candidates.sort(byHash);
  return withFacts(candidates, nodeName);
}

/** Looks at all of them, which are in order. */
export function withFacts(candidates: readonly Candidate[], nodeName: string): SortedCandidates {
  const first = candidates[0]?.port;
  const here = candidates.filter(({ endpoint }) => endpoint.nodeName === nodeName);
  return {
    candidates,
    addresses: candidates.map(({ endpoint }) => endpoint.address),
    here: here.length === 0 ? NO_CANDIDATES : here,
    areAllReady: candidates.every(({ endpoint }) => endpoint.ready),
    port: candidates.every(({ port }) => port === first) ? first : undefined,
  };
}

const NO_CANDIDATES: readonly Candidate[] = [];

/** What follows from a slice, for one port and node. */
export interface SliceCandidates extends SortedCandidates {
  readonly refused: readonly RefusedEndpoint[];
}

type Kept = SliceCandidates & { readonly number: number; readonly nodeName: string };

const keptOf = new WeakMap<EndpointSlice, Kept[]>();

/** Ports of one slice that are kept; others are made each time. */
const KEPT_PORTS_MAX = 4;

/** The endpoints of `slice` at `port`: the same object for as long as the slice is. */
export function keptCandidates(
  slice: EndpointSlice,
  number: number,
  { seed, nodeName }: Pick<Gathering, "seed"> & { readonly nodeName: string },
): SliceCandidates {
  const all = keptOf.get(slice) ?? [];
  const known = all.find((one) => one.number === number && one.nodeName === nodeName);
  if (known) return known;
  const gathering = { seed, refused: [], candidates: [] };
  addSlice(slice, number, gathering);
  const { candidates, refused } = gathering;
  const kept: Kept = { ...sorted(candidates, nodeName), refused, number, nodeName };
  if (all.length < KEPT_PORTS_MAX) keptOf.set(slice, [...all, kept]);
  return kept;
}
