/** Endpoints as candidates for destinations: their order, and what is asked of all of them at each plan. Pure. */
import type { Address } from "../model/address.ts";
import type { Endpoint, EndpointSlice, ObjectName, ServicePort } from "../model/cluster.ts";
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

/** What is asked of candidates. */
export interface CandidateFacts {
  /** Those on this node, in the order of all. */
  readonly here: readonly Candidate[];
  readonly areAllReady: boolean;
  /** Undefined where it is not the same of all. */
  readonly port: number | undefined;
}

/** Candidates in the order of their hashes. */
export interface SortedCandidates extends CandidateFacts {
  readonly candidates: readonly Candidate[];
  /** Of each of them. */
  readonly addresses: readonly Address[];
}

/** What gathering needs besides the slices. */
export interface Gathering {
  readonly port: ServicePort;
  readonly nodeName: string;
  readonly refused: RefusedEndpoint[];
  readonly candidates: Candidate[];
}

/** Gives the hash of 32 bits a sign, in the same order: V8 would keep half of all others in objects of their own. */
const SIGN = 0x8000_0000;

/** Adds the endpoints of `slice` at the port, in their order. */
export function addSlice(slice: EndpointSlice, to: Gathering): void {
  for (const { name, protocol, port } of slice.ports) {
    if (name === to.port.name && protocol === to.port.protocol) addEndpoints(slice, port, to);
  }
}

function addEndpoints(
  { name, endpoints }: EndpointSlice,
  port: number,
  { nodeName, refused, candidates }: Gathering,
): void {
  const seed = hashText(nodeName, 0) ^ port;
  for (const endpoint of endpoints) {
    const { address } = endpoint;
    const why = whySpecial(address);
    if (why !== undefined) {
      refused.push({ slice: name, address, why });
      continue;
    }
    candidates.push({ hash: hashText(address, seed) ^ SIGN, port, endpoint });
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

/** Looks at all of them. */
export function factsOf(candidates: readonly Candidate[], nodeName: string): CandidateFacts {
  const first = candidates[0]?.port;
  return {
    here: candidates.filter(({ endpoint }) => endpoint.nodeName === nodeName),
    areAllReady: candidates.every(({ endpoint }) => endpoint.ready),
    port: candidates.every(({ port }) => port === first) ? first : undefined,
  };
}
