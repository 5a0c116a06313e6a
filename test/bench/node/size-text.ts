/** The size of a cluster for people. */
import type { ClusterSize } from "../cluster.ts";

/** `10,000 x 10`. */
export function sizeText({ services, endpointsPerService }: ClusterSize): string {
  return `${services.toLocaleString("en-GB")} x ${endpointsPerService}`;
}
