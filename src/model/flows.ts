/** Connection tracking entries that must go, as data. */
import type { Address } from "./address.ts";
import { type DestinationKey, socketText } from "./virtual-service.ts";

/** Forget the UDP flows that clients have to a frontend, so that their next packet is scheduled anew. */
export interface ForgetFlows {
  readonly kind: "forget-flows";
  readonly protocol: "udp";
  /** Where the clients sent to: a service address and port, or a node's address and node port. */
  readonly frontend: { readonly address: Address; readonly port: number };
  /** Only the flows that this endpoint answers; the frontend itself for flows that nobody answers; undefined for all. */
  readonly backend: DestinationKey | undefined;
}

/** `udp/10.96.0.10:53 10.1.0.1:53`; `unanswered` or nothing in the place of the endpoint. */
export function flowsText({ protocol, frontend, backend }: ForgetFlows): string {
  const flows = `${protocol}/${socketText(frontend.address, frontend.port)}`;
  if (!backend) return flows;
  const isUnanswered = backend.address === frontend.address && backend.port === frontend.port;
  return `${flows} ${isUnanswered ? "unanswered" : socketText(backend.address, backend.port)}`;
}
