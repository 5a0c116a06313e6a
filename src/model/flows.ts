/** Connection tracking entries that must go, as data. */
import type { Address } from "./address.ts";
import type { DestinationKey } from "./virtual-service.ts";

/** Forget the UDP flows that clients have to a frontend, so that their next packet is scheduled anew. */
export interface ForgetFlows {
  readonly kind: "forget-flows";
  readonly protocol: "udp";
  /** Where the clients sent to: a service address and port, or a node's address and node port. */
  readonly frontend: { readonly address: Address; readonly port: number };
  /** Only the flows that this endpoint answers; the frontend itself for flows that nobody answers; undefined for all. */
  readonly backend: DestinationKey | undefined;
}
