/** Which field of a Service asks for a frontend, for findings. */
import type { FrontendKind } from "./service-plan.ts";

/** The path of the field, by the kind of frontend. */
export const FRONTEND_FIELDS: Readonly<Record<FrontendKind, string>> = {
  cluster: "spec.clusterIPs",
  external: "spec.externalIPs",
  "load-balancer": "status.loadBalancer.ingress",
  "node-port": "spec.ports[*].nodePort",
  "local-clients": "spec.externalTrafficPolicy",
};
