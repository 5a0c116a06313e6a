/** Kubernetes' other end-to-end suites that a proxy has a part in (`test/e2e/network`). */
import { suiteTests } from "./upstream-test.ts";

const API_ONLY = "only the API server is asked: a proxy has no part in it";
const NOT_A_PROXY = "no packet of it goes to a Service";
const CLOUD = "a cloud provider makes and removes the load balancer, and a proxy has no part in it";

/** `networking.go`: what both families are asked. */
const BOTH_FAMILIES = [
  "should function for pod-Service: http",
  "should function for pod-Service: udp",
  "should function for pod-Service: sctp",
  "should function for node-Service: http",
  "should function for node-Service: udp",
  "should function for endpoint-Service: http",
  "should function for endpoint-Service: udp",
  "should update endpoints: http",
  "should update endpoints: udp",
  "should function for client IP based session affinity: http",
  "should function for client IP based session affinity: udp",
  "should be able to handle large requests: http",
  "should be able to handle large requests: udp",
  "should function for service endpoints using hostNetwork",
];

const networking = [
  ...suiteTests("Networking", [
    { name: "should provide Internet connection for containers", cannotApply: NOT_A_PROXY },
    {
      name: "should provide unchanging, static URL paths for kubernetes api services",
      cannotApply: API_ONLY,
    },
    "should check kube-proxy urls",
    "should recreate its iptables rules if they are deleted",
    {
      name: "should allow creating a Pod with an SCTP HostPort",
      cannotApply:
        "it looks at the network plugin's own rules; that a host port takes nothing from a Service is a test of ours",
    },
  ]),
  ...suiteTests("Networking Granular Checks: Services", [
    ...BOTH_FAMILIES,
    "should function for node-Service: sctp",
    "should function for endpoint-Service: sctp",
    "should function for multiple endpoint-Services with same selector",
    "should update nodePort: http",
    "should support basic nodePort: udp functionality",
    "should update nodePort: udp",
  ]),
];

/** `kube_proxy.go` */
const kubeProxy = suiteTests("KubeProxy", [
  "should set TCP CLOSE_WAIT timeout",
  {
    name: "should update metric for tracking accepted packets destined for localhost nodeports",
    cannotApply:
      "node ports on loopback addresses are iptables mode's alone: upstream skips it in IPVS mode",
  },
]);

/** `traffic_distribution.go`, `topology_hints.go` */
const topology = [
  ...suiteTests("Traffic Distribution", [
    "should route traffic to an endpoint in the same zone when using PreferClose",
    "should route traffic correctly between pods on multiple nodes when using PreferClose",
    "should route traffic to an endpoint in the same zone when using PreferSameZone",
    "should route traffic correctly between pods on multiple nodes when using PreferSameZone",
    "should route traffic to an endpoint on the same node or fall back to same zone when using PreferSameNode",
    "should route traffic to an endpoint on the same node when using PreferSameNode and fall back when the endpoint becomes unavailable",
  ]),
  ...suiteTests("Topology Hints", ["should distribute endpoints evenly"]),
];

/** `dual_stack.go` */
const dualStack = [
  ...suiteTests("Dual stack", [
    "should create a single stack service with cluster ip from primary service range",
    "should create service with ipv4 cluster ip",
    "should create service with ipv6 cluster ip",
    "should create service with ipv4,v6 cluster ip",
    "should create service with ipv6,v4 cluster ip",
  ]),
  ...suiteTests("Dual stack Granular Checks: Services Secondary IP Family", BOTH_FAMILIES),
];

/** `loadbalancer.go` */
const loadBalancers = [
  ...suiteTests("LoadBalancers", [
    "should be able to change the type and ports of a TCP service",
    "should be able to change the type and ports of a UDP service",
    "should only allow access from service loadbalancer source ranges",
    "should have session affinity work for LoadBalancer service with Local traffic policy",
    "should be able to switch session affinity for LoadBalancer service with Local traffic policy",
    "should have session affinity work for LoadBalancer service with Cluster traffic policy",
    "should be able to switch session affinity for LoadBalancer service with Cluster traffic policy",
    {
      name: "should handle load balancer cleanup finalizer for service",
      cannotApply: CLOUD,
    },
    "should be able to create LoadBalancer Service without NodePort and change it",
    "should be able to preserve UDP traffic when server pod cycles for a LoadBalancer service on different nodes",
    "should be able to preserve UDP traffic when server pod cycles for a LoadBalancer service on the same nodes",
    "should not have connectivity disruption during rolling update with externalTrafficPolicy=Cluster",
    "should not have connectivity disruption during rolling update with externalTrafficPolicy=Local",
  ]),
  ...suiteTests("LoadBalancers ExternalTrafficPolicy: Local", [
    "should work for type=LoadBalancer",
    "should only target nodes with endpoints",
    "should target all nodes with endpoints",
    "should work from pods",
    "should handle updates to ExternalTrafficPolicy field",
  ]),
];

/** All of them. */
export const networkingTests = [
  ...networking,
  ...kubeProxy,
  ...topology,
  ...dualStack,
  ...loadBalancers,
];
