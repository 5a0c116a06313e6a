/** Kubernetes' end-to-end suites "Services" and "Conntrack" (`test/e2e/network`). */
import { suiteTests } from "./upstream-test.ts";

const API_ONLY = "only the API server is asked: a proxy has no part in it";

const AFFINITY_ENDS_LATER =
  "upstream asks by TCP, and IPVS leaves a client at its endpoint while it knows a connection of it, which is " +
  "two minutes for a closed one of TCP: affinity ends only after that, as in kube-proxy's IPVS mode. Ours " +
  "shows the timeout by UDP with a short memory, and that TCP stays for longer";
const SCTP_BUILT_IN =
  "upstream's point is that no node loads the module sctp for it: the lab's kernel has SCTP built in, so that " +
  "there is nothing to see. Ours shows that such a Service is served";
const CONTROLLER = "a controller of the cluster makes the objects, and a proxy has no part in it";

/** `service.go` */
const services = suiteTests("Services", [
  { name: "should provide secure master service", cannotApply: API_ONLY },
  "should serve a basic endpoint from pods",
  "should serve multiport endpoints from pods",
  "should be updated after adding or deleting ports",
  "should preserve source pod IP for traffic thru service cluster IP",
  "should allow pods to hairpin back to themselves through services",
  "should be able to up and down services",
  "should work after the service has been recreated",
  "should work after restarting kube-proxy",
  "should work after restarting apiserver",
  "should be able to create a functioning NodePort service",
  "should be possible to connect to a service via ExternalIP when the external IP is not assigned to a node",
  "should be able to update service type to NodePort listening on same port number but different protocols",
  "should be able to change the type from ExternalName to ClusterIP",
  "should be able to change the type from ExternalName to NodePort",
  "should be able to change the type from ClusterIP to ExternalName",
  "should be able to change the type from NodePort to ExternalName",
  { name: "should prevent NodePort collisions", cannotApply: API_ONLY },
  { name: "should check NodePort out-of-range", cannotApply: API_ONLY },
  "should release NodePorts on delete",
  "should create endpoints for unready pods",
  "should be able to connect to terminating and unready endpoints if PublishNotReadyAddresses is true",
  "should not be able to connect to terminating and unready endpoints if PublishNotReadyAddresses is false",
  "should have session affinity work for service with type clusterIP",
  {
    name: "should have session affinity timeout work for service with type clusterIP",
    differs: AFFINITY_ENDS_LATER,
  },
  "should be able to switch session affinity for service with type clusterIP",
  "should have session affinity work for NodePort service",
  {
    name: "should have session affinity timeout work for NodePort service",
    differs: AFFINITY_ENDS_LATER,
  },
  "should be able to switch session affinity for NodePort service",
  "should implement service.kubernetes.io/service-proxy-name",
  "should implement service.kubernetes.io/headless",
  "should be rejected when no endpoints exist",
  "should be rejected for evicted pods (no endpoints exist)",
  "should respect internalTrafficPolicy=Local Pod to Pod",
  "should respect internalTrafficPolicy=Local Pod (hostNetwork: true) to Pod",
  "should respect internalTrafficPolicy=Local Pod and Node, to Pod (hostNetwork: true)",
  "should support externalTrafficPolicy=Local for type=NodePort",
  "should fail health check node port if there are only terminating endpoints",
  "should fallback to terminating endpoints when there are no ready endpoints with internalTrafficPolicy=Cluster",
  "should fallback to local terminating endpoints when there are no ready endpoints with internalTrafficPolicy=Local",
  "should fallback to terminating endpoints when there are no ready endpoints with externallTrafficPolicy=Cluster",
  "should fallback to local terminating endpoints when there are no ready endpoints with externalTrafficPolicy=Local",
  { name: "should find a service from listing all namespaces", cannotApply: API_ONLY },
  { name: "should test the lifecycle of an Endpoint", cannotApply: API_ONLY },
  { name: "should complete a service status lifecycle", cannotApply: API_ONLY },
  "should delete a collection of services",
  "should serve endpoints on same port and different protocols",
  "should serve endpoints on same port and different protocol for internal traffic on Type LoadBalancer",
  {
    name: "should allow creating a basic SCTP service with pod and endpoints",
    differs: SCTP_BUILT_IN,
  },
  "should implement NodePort and HealthCheckNodePort correctly when ExternalTrafficPolicy changes",
  "should connect to the ports exposed by restartable init containers",
  "should connect to the named ports exposed by restartable init containers",
  "should support named targetPorts that resolve to different ports on different endpoints",
]);

/** `conntrack.go` */
const conntrack = suiteTests("Conntrack", [
  "should be able to preserve UDP traffic when server pod cycles for a NodePort service",
  "should be able to preserve UDP traffic when server pod cycles for a ClusterIP service",
  "should be able to preserve UDP traffic when server pod cycles for a ClusterIP service with InternalTrafficPolicy set to Local",
  "should be able to preserve UDP traffic when server pod cycles for a ClusterIP service and client is hostNetwork",
  "should be able to preserve UDP traffic when initial unready endpoints get ready",
  "should be able to cleanup conntrack entries when UDP service target port changes for a NodePort service",
  "proxy implementation should not be vulnerable to the invalid conntrack state bug",
]);

/** `endpointslice.go`, `endpointslicemirroring.go` */
const slices = [
  ...suiteTests("EndpointSlice", [
    "should support a Service with multiple ports specified in multiple EndpointSlices",
    "should support a Service with multiple endpoint IPs specified in multiple EndpointSlices",
  ]),
  ...suiteTests("EndpointSliceMirroring", [
    {
      name: "should mirror a custom Endpoints resource through create update and delete",
      cannotApply: CONTROLLER,
    },
    "should mirror a custom Endpoint with multiple subsets and same IP address",
  ]),
];

/** All of them. */
export const serviceTests = [...services, ...conntrack, ...slices];
