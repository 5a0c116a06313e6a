/**
 * All endpoints that Kubernetes lists for one port in one family, each once, in the order in which the
 * kernel gets those that are chosen. Chooses none. Pure.
 */
import type { Family } from "../model/address.ts";
import type { EndpointSlice, ServicePort } from "../model/cluster.ts";
import { eachOnce } from "./each-once.ts";
import { forgetMerged, mergedCandidates } from "./merged-candidates.ts";
import { addSlice, type Gathering, type SortedCandidates } from "./slice-candidates.ts";

/** From so many slices on, which is some 300 endpoints, what does not change is worth keeping. */
const MANY_SLICES = 4;

/** Where the endpoints come from, for whom, and where those go that can be no destination. */
type From = Pick<Gathering, "nodeName" | "refused"> & { readonly slices: readonly EndpointSlice[] };

/**
 * Every endpoint once, in the order of a hash of node and endpoint: with `rr` every node would
 * otherwise begin at the same endpoint, and a Service that is new in the whole cluster would send all
 * its first connections there. One array and one sort: this runs for each of 100,000 endpoints.
 */
export function candidatesOf(port: ServicePort, family: Family, from: From): SortedCandidates {
  const { slices, nodeName, refused } = from;
  if (slices.length >= MANY_SLICES) {
    const ofFamily = slices.filter((slice) => slice.family === family);
    return mergedCandidates(ofFamily, family, { port, nodeName, refused });
  }
  forgetMerged(port);
  const gathering: Gathering = { port, nodeName, refused, candidates: [] };
  for (const slice of slices) if (slice.family === family) addSlice(slice, gathering);
  return eachOnce(gathering.candidates, nodeName);
}
