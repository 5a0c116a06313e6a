/** The unit tests of kube-proxy's IPVS backend: what Services become (`pkg/proxy/ipvs/proxier_test.go`). */
import { cases, unitTests } from "./upstream-test.ts";

const NO_IPTABLES =
  "the packet filter is one nftables table of ours, whose fixed rules are no chains of iptables";

/** Services, endpoints and node ports. */
export const proxierTests = unitTests("pkg/proxy/ipvs/proxier_test.go", [
  {
    name: "TestCleanupLeftovers",
    differs:
      "an agent that ends leaves the kernel serving; what kube-proxy left behind is removed at the start",
  },
  ...cases("TestCanUseIPVSProxier", "happy days"),
  ...["ipset error", "ipset version too low"].map((name) => ({
    name: `TestCanUseIPVSProxier/${name}`,
    cannotApply: "no ipset is used: there is no version to ask for",
  })),
  ...["GetVirtualServers fail", "AddVirtualServer fail", "DeleteVirtualServer fail"].map(
    (name) => ({
      name: `TestCanUseIPVSProxier/${name}`,
      differs:
        "the agent does not give up: a refusal is told, touches one Service and is tried again",
    }),
  ),
  ...cases("TestGetNodeIPs", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"),
  {
    name: "TestGetNodeIPs/11",
    differs:
      "an address that kube-ipvs0 and another interface have is the node's, as in newer versions of upstream",
  },
  ...cases("TestNodePortIPv4", "1 service with node port, has 2 endpoints"),
  {
    name: "TestNodePortIPv4/1 UDP service with node port, has endpoints",
    differs: NO_IPTABLES,
  },
  ...cases("TestNodePortIPv4", "service has node port but no endpoints"),
  ...cases(
    "TestNodePortIPv4",
    "node port service with protocol sctp on a node with multiple nodeIPs",
  ),
  {
    name: "TestNodePortIPv4/node port service with protocol sctp and externalTrafficPolicy local",
    differs: "clients in the cluster reach all endpoints, by a firewall mark",
  },
  ...cases(
    "TestNodePortIPv6",
    "1 service with node port, has 2 endpoints",
    "1 UDP service with node port, has endpoints (no action on IPv6 Proxier)",
    "service has node port but no endpoints",
    "node port service with protocol sctp on a node with multiple nodeIPs",
  ),
  "Test_syncEndpoint_updateWeightsOnRestart",
  ...["TestIPv4Proxier", "TestIPv6Proxier"].flatMap((test) =>
    cases(
      test,
      "2 services with Cluster IP, each with endpoints",
      "cluster IP service with no endpoints",
    ),
  ),
  {
    name: "TestMasqueradeRule",
    differs: "every kernel that is served knows random ports: masquerading always asks for them",
  },
  "TestExternalIPsNoEndpoint",
  {
    name: "TestExternalIPs",
    differs: "a loopback address is refused with a finding and never bound",
  },
  {
    name: "TestOnlyLocalExternalIPs",
    differs:
      "a loopback address is refused; clients in the cluster reach all endpoints, by a firewall mark",
  },
  { name: "TestLoadBalancer", differs: NO_IPTABLES },
  {
    name: "TestOnlyLocalNodePorts",
    differs: "clients in the cluster reach all endpoints, by a firewall mark",
  },
  {
    name: "TestHealthCheckNodePort",
    differs: "no rule accepts the port: a rule of ours cannot accept what another table drops",
  },
  { name: "TestLoadBalancerSourceRanges", differs: NO_IPTABLES },
  {
    name: "TestAcceptIPVSTraffic",
    differs: "nothing is accepted, as nothing of ours is dropped before",
  },
  {
    name: "TestOnlyLocalLoadBalancing",
    differs: "clients in the cluster reach all endpoints, by a firewall mark",
  },
  "TestBuildServiceMapAddRemove",
  "TestBuildServiceMapServiceHeadless",
  "TestBuildServiceMapServiceTypeExternalName",
  "TestBuildServiceMapServiceUpdate",
  "TestSessionAffinity",
  ...cases(
    "Test_updateEndpointsMap",
    "nothing",
    "no change, named port, local",
    "no change, multiple subsets",
    "no change, multiple subsets, multiple ports, local",
    "no change, multiple endpoints, subsets, IPs, and ports",
    "add an Endpoints",
    "remove an Endpoints",
    "add an IP and port",
    "remove an IP and port",
    "add a subset",
    "remove a subset",
    "rename a port",
    "renumber a port",
    "complex add and remove",
    "change from 0 endpoint address to 1 named port",
  ),
  ...cases("Test_syncService", "0", "1", "2", "3", "4", "5", "6", "7", "8"),
  {
    name: "TestCleanLegacyService",
    differs: "what others made outside of kube-ipvs0 stays without being listed anywhere",
  },
  "TestCleanLegacyServiceWithRealServers",
  "TestCleanLegacyRealServersExcludeCIDRs",
  {
    name: "TestCleanLegacyService6",
    differs: "what others made outside of kube-ipvs0 stays without being listed anywhere",
  },
  "TestMultiPortServiceBindAddr",
  {
    name: "Test_getFirstColumn/valid content",
    cannotApply: "the list of loaded modules is not read: the kernel loads them by itself",
  },
  "TestEndpointSliceE2E",
  {
    name: "TestHealthCheckNodePortE2E",
    differs: "the port is answered by the agent, and no rule accepts it",
  },
  "Test_HealthCheckNodePortWhenTerminating",
  "TestFilterCIDRs",
  {
    name: "TestCreateAndLinkKubeChain",
    differs: NO_IPTABLES,
  },
  ...cases(
    "TestTestInternalTrafficPolicyE2E",
    "internalTrafficPolicy is cluster with non-zero local endpoints",
    "internalTrafficPolicy is cluster with zero local endpoints",
    "internalTrafficPolicy is local with non-zero local endpoints",
    "internalTrafficPolicy is local with zero local endpoints",
  ),
  "Test_EndpointSliceReadyAndTerminatingCluster",
  {
    name: "Test_EndpointSliceReadyAndTerminatingLocal",
    differs: "clients in the cluster reach all ready endpoints, by a firewall mark",
  },
  "Test_EndpointSliceOnlyReadyAndTerminatingCluster",
  {
    name: "Test_EndpointSliceOnlyReadyAndTerminatingLocal",
    differs: "clients in the cluster reach all ready endpoints, by a firewall mark",
  },
  "TestIpIsValidForSet",
  ...cases(
    "TestNoEndpointsMetric",
    "internalTrafficPolicy is set and there are local endpoints",
    "externalTrafficPolicy is set and there are local endpoints",
    "both policies are set and there are local endpoints",
    "internalTrafficPolicy is set and there are no local endpoints",
    "externalTrafficPolicy is set and there are no local endpoints",
    "Both policies are set and there are no local endpoints",
    "Both policies are set and there are no endpoints at all",
  ),
  ...["ipv4 rule", "ipv6 rule"].map((name) => ({
    name: `TestDismissLocalhostRuleExist/${name}`,
    differs: "loopback addresses are in no set of ours, so that no rule has to let them pass first",
  })),
  {
    name: "TestLoadBalancerIngressRouteTypeProxy/LoadBalancerIPMode disabled, ipMode Proxy",
    cannotApply: "the feature gate LoadBalancerIPMode is gone upstream too: it is always on",
  },
  ...cases(
    "TestLoadBalancerIngressRouteTypeProxy",
    "LoadBalancerIPMode disabled, ipMode VIP",
    "LoadBalancerIPMode disabled, ipMode nil",
    "LoadBalancerIPMode enabled, ipMode Proxy",
    "LoadBalancerIPMode enabled, ipMode VIP",
    "LoadBalancerIPMode enabled, ipMode nil",
  ),
]);
