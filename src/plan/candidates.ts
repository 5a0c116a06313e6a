/**
 * All endpoints that Kubernetes lists for one port in one family, each once, in the order in which the
 * kernel gets those that are chosen. Chooses none. Pure.
 */
import type { Family } from "../model/address.ts";
import type { EndpointSlice, ServicePort } from "../model/cluster.ts";
import { hashText } from "../model/hash.ts";
import { mergedCandidates, withoutRepeats } from "./merged-candidates.ts";
import {
  addSlice,
  type Candidate,
  keptCandidates,
  type RefusedEndpoint,
  type SliceCandidates,
  type SortedCandidates,
  sorted,
} from "./slice-candidates.ts";

/** From so many slices on, which is some 300 endpoints, what does not change is worth keeping. */
const MANY_SLICES = 4;

/** Where the endpoints come from, for whom, and where those go that can be no destination. */
interface From {
  readonly slices: readonly EndpointSlice[];
  readonly nodeName: string;
  readonly refused: RefusedEndpoint[];
}

/**
 * Every endpoint once, in the order of a hash of node and endpoint: with `rr` every node would
 * otherwise begin at the same endpoint, and a Service that is new in the whole cluster would send all
 * its first connections there. One array and one sort: this runs for each of 100,000 endpoints.
 */
export function candidatesOf(port: ServicePort, family: Family, from: From): SortedCandidates {
  const { slices, nodeName, refused } = from;
  const seed = hashText(nodeName, 0);
  if (slices.length < MANY_SLICES) {
    const candidates: Candidate[] = [];
    eachPort(port, family, slices, (slice, number) =>
      addSlice(slice, number, { seed, refused, candidates }),
    );
    return withoutRepeats(sorted(candidates, nodeName), nodeName);
  }
  const parts: SliceCandidates[] = [];
  eachPort(port, family, slices, (slice, number) => {
    const part = keptCandidates(slice, number, { seed, nodeName });
    parts.push(part);
    for (const endpoint of part.refused) refused.push(endpoint);
  });
  return mergedCandidates({ port, family, nodeName }, parts);
}

/** The slices of the family that have the port, with its number in each. */
function eachPort(
  port: ServicePort,
  family: Family,
  slices: readonly EndpointSlice[],
  visit: (slice: EndpointSlice, number: number) => void,
): void {
  for (const slice of slices) {
    if (slice.family !== family) continue;
    for (const { name, protocol, port: number } of slice.ports) {
      if (name === port.name && protocol === port.protocol) visit(slice, number);
    }
  }
}
