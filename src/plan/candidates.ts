/**
 * All endpoints that Kubernetes lists for one port in one family, each once, in the order in which the
 * kernel gets those that are chosen. Chooses none. Pure.
 */
import type { Address, Family } from "../model/address.ts";
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

/**
 * Every endpoint once, in the order of a hash of node and endpoint: with `rr` every node would
 * otherwise begin at the same endpoint, and a Service that is new in the whole cluster would send all
 * its first connections there. One array and one sort: this runs for each of 100,000 endpoints.
 */
export function candidatesOf(
  port: ServicePort,
  family: Family,
  from: Pick<Gathering, "seed" | "refused"> & { readonly slices: readonly EndpointSlice[] },
): readonly Candidate[] {
  const candidates: Candidate[] = [];
  const gathering = { seed: from.seed, refused: from.refused, candidates };
  for (const slice of from.slices) {
    if (slice.family !== family) continue;
    for (const { name, protocol, port: number } of slice.ports) {
      if (name === port.name && protocol === port.protocol) addSlice(slice, number, gathering);
    }
  }
  candidates.sort(byHash);
  return candidates.some(repeatsTheOneBefore) ? withoutRepeats(candidates) : candidates;
}

/** What gathering needs besides the slices. */
interface Gathering {
  /** Of the node: begins the hash of each endpoint. */
  readonly seed: number;
  readonly refused: RefusedEndpoint[];
  readonly candidates: Candidate[];
}

/** Gives the hash of 32 bits a sign, in the same order: V8 would keep half of all others in objects of their own. */
const SIGN = 0x8000_0000;

function addSlice(
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
function byHash(a: Candidate, b: Candidate): number {
  if (a.hash !== b.hash) return a.hash - b.hash;
  if (a.endpoint.address !== b.endpoint.address) {
    return a.endpoint.address < b.endpoint.address ? -1 : 1;
  }
  return a.port - b.port;
}

function isSame(a: Candidate | undefined, b: Candidate): boolean {
  return a?.hash === b.hash && a.port === b.port && a.endpoint.address === b.endpoint.address;
}

function repeatsTheOneBefore(
  candidate: Candidate,
  index: number,
  all: readonly Candidate[],
): boolean {
  return index > 0 && isSame(all[index - 1], candidate);
}

function withoutRepeats(candidates: readonly Candidate[]): readonly Candidate[] {
  const kept: Candidate[] = [];
  for (const candidate of candidates) {
    const last = kept.at(-1);
    if (!last || !isSame(last, candidate)) kept.push(candidate);
    else if (standing(candidate) > standing(last)) kept[kept.length - 1] = candidate;
  }
  return kept;
}

/**
 * Of two with one address the higher counts: a new pod may have the address of one that still
 * terminates, and for a moment two slices may have the same endpoint.
 */
function standing({ endpoint: { ready, serving, terminating } }: Candidate): number {
  return (terminating ? 0 : 4) + (ready ? 2 : 0) + (serving ? 1 : 0);
}
