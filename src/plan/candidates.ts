/**
 * All endpoints that Kubernetes lists for one port in one family, each once, in the order in which the
 * kernel gets those that are chosen. Chooses none. Pure.
 */
import type { Family } from "../model/address.ts";
import type { EndpointSlice, ServicePort } from "../model/cluster.ts";
import {
  addKeptSlice,
  addSlice,
  byHash,
  type Candidate,
  type Gathering,
} from "./slice-candidates.ts";

/** From so many slices on, which is some 300 endpoints, what does not change is worth keeping. */
const MANY_SLICES = 4;

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
  const add = from.slices.length >= MANY_SLICES ? addKeptSlice : addSlice;
  for (const slice of from.slices) {
    if (slice.family !== family) continue;
    for (const { name, protocol, port: number } of slice.ports) {
      if (name === port.name && protocol === port.protocol) add(slice, number, gathering);
    }
  }
  candidates.sort(byHash);
  return candidates.some(repeatsTheOneBefore) ? withoutRepeats(candidates) : candidates;
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
