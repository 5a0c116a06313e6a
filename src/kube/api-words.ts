/** Words and limits of the Kubernetes API that several kinds share. */
import type { Protocol } from "../model/virtual-service.ts";

/** Labels that take an object out of the proxy's sight (any value), as kube-proxy's list selector does. */
export const HIDING_LABELS: ReadonlySet<string> = new Set([
  "service.kubernetes.io/service-proxy-name",
  "service.kubernetes.io/headless",
]);

/** Highest port number. */
export const PORT_MAX = 65_535;

/** The API's protocol names. */
export const PROTOCOL_NAMES = ["TCP", "UDP", "SCTP"] as const;

/** The API's protocol names in our words. */
export const PROTOCOLS = {
  TCP: "tcp",
  UDP: "udp",
  SCTP: "sctp",
} as const satisfies Record<(typeof PROTOCOL_NAMES)[number], Protocol>;
