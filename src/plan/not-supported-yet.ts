/** The fields of a Service that this version does not act on: said, so that nobody relies on them. */
import type { Service } from "../model/cluster.ts";
import type { Finding } from "../model/finding.ts";

interface Unsupported {
  readonly field: string;
  readonly isSet: (service: Service) => boolean;
  readonly message: string;
}

const UNSUPPORTED: readonly Unsupported[] = [
  {
    field: "spec.ports[*].nodePort",
    isSet: ({ ports }) => ports.some(({ nodePort }) => nodePort !== 0),
    message: "node ports are not served by this version.",
  },
  {
    field: "spec.externalIPs",
    isSet: ({ externalAddresses }) => externalAddresses.length > 0,
    message: "external addresses are not served by this version.",
  },
  {
    field: "status.loadBalancer.ingress",
    isSet: ({ loadBalancerAddresses }) => loadBalancerAddresses.length > 0,
    message: "load-balancer addresses are not served by this version.",
  },
  {
    field: "spec.loadBalancerSourceRanges",
    isSet: ({ loadBalancerSourceRanges }) => loadBalancerSourceRanges.length > 0,
    message: "source ranges are not enforced by this version.",
  },
  {
    field: "spec.sessionAffinity",
    isSet: ({ affinityTimeoutS }) => affinityTimeoutS > 0,
    message:
      "ClientIP affinity is not honoured by this version; the scheduler sh keeps clients together.",
  },
  {
    field: "spec.internalTrafficPolicy",
    isSet: ({ internalTrafficPolicy }) => internalTrafficPolicy === "Local",
    message: "Local is not honoured by this version: endpoints of all nodes are used.",
  },
  {
    field: "spec.externalTrafficPolicy",
    isSet: ({ externalTrafficPolicy }) => externalTrafficPolicy === "Local",
    message: "Local means nothing to this version, which serves no traffic from outside.",
  },
  {
    field: "spec.healthCheckNodePort",
    isSet: ({ healthCheckNodePort }) => healthCheckNodePort !== 0,
    message: "the health-check port is not served by this version.",
  },
];

/** A finding for each such field that is set. */
export function notSupportedYet(service: Service): Finding[] {
  return UNSUPPORTED.filter(({ isSet }) => isSet(service)).map(({ field, message }) => ({
    severity: "info",
    reason: "not-supported-yet",
    service: service.name,
    field,
    message,
  }));
}
