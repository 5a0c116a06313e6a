/** Which endpoints serve: policies, endpoints whose pods end, and what is counted of them. */
import type { V1Endpoint } from "@kubernetes/client-node";
import { expect } from "vitest";
import type { ConformanceCase } from "./conformance-case.ts";
import { Node } from "./node.ts";
import { ending, endpoint, P80, service, slice } from "./objects.ts";

const CLUSTER_IP = "172.20.1.1";
const EXTERNAL = "1.2.3.4";
const NOT_READY = { ready: false };

/** `10.0.1.N . 10.0.1.N` for each. */
function hairpins(...numbers: readonly number[]): string[] {
  return numbers.map((number) => `10.0.1.${number} . 10.0.1.${number}`);
}

function destinations(...numbers: readonly number[]): string {
  return numbers.map((number) => ` 10.0.1.${number}:80`).join("");
}

const followed: ConformanceCase = {
  name: "ready endpoints of a slice serve, this node's own are let reach themselves, and all go with the slice",
  upstream: ["TestEndpointSliceE2E"],
  run: async () => {
    const node = new Node();
    const endpoints = slice([
      endpoint("10.0.1.1", "here"),
      endpoint("10.0.1.2"),
      endpoint("10.0.1.3"),
      { ...endpoint("10.0.1.4"), conditions: NOT_READY },
    ]);
    await node.sync(service({ clusterIP: CLUSTER_IP }), endpoints);
    expect(node.table()).toEqual([`tcp/${CLUSTER_IP}:80 ->${destinations(1, 2, 3)}`]);
    expect(node.filter("hairpin")).toEqual(hairpins(1));
    await node.delete(endpoints);
    expect(node.filter("hairpin")).toEqual([]);
    await node.wait(1_000);
    expect(node.table()).toEqual([`tcp/${CLUSTER_IP}:80 ->`]);
  },
};

const internal: readonly ConformanceCase[] = [
  { policy: "Cluster", here: 1, served: [1, 2, 3], what: "cluster with non-zero" },
  { policy: "Cluster", here: 0, served: [1, 2, 3], what: "cluster with zero" },
  { policy: "Local", here: 1, served: [1], what: "local with non-zero" },
  { policy: "Local", here: 0, served: [], what: "local with zero" },
].map(({ policy, here, served, what }) => ({
  name: `internalTrafficPolicy ${policy} with ${here} of 3 endpoints on this node serves by ${served.length}`,
  upstream: [`TestTestInternalTrafficPolicyE2E/internalTrafficPolicy is ${what} local endpoints`],
  run: async () => {
    const node = new Node();
    const endpoints = slice([
      endpoint("10.0.1.1", here === 1 ? "here" : "elsewhere"),
      endpoint("10.0.1.2"),
      endpoint("10.0.1.3"),
    ]);
    const spec = { clusterIP: CLUSTER_IP, internalTrafficPolicy: policy };
    await node.sync(service(spec), endpoints);
    expect(node.table()).toEqual([`tcp/${CLUSTER_IP}:80 ->${destinations(...served)}`]);
    expect(node.filter("hairpin")).toEqual(here === 1 ? hairpins(1) : []);
    await node.delete(endpoints);
    await node.wait(1_000);
    expect(node.table()).toEqual([`tcp/${CLUSTER_IP}:80 ->`]);
    expect(node.filter("hairpin")).toEqual([]);
  },
}));

/** Two ready ones here, one that ends and serves, one that ends and does not; one ready elsewhere. */
const SOME_READY = [
  endpoint("10.0.1.1", "here"),
  endpoint("10.0.1.2", "here"),
  ending("10.0.1.3", "here", true),
  ending("10.0.1.4", "here", false),
  endpoint("10.0.1.5"),
];

/** None is ready: two serve here and one elsewhere while they end. */
const NONE_READY = [
  ending("10.0.1.1", "here", true),
  ending("10.0.1.2", "here", true),
  ending("10.0.1.3", "here", false),
  ending("10.0.1.4", "elsewhere", true),
  { ...endpoint("10.0.1.5"), conditions: { ready: false, serving: false, terminating: false } },
];

/** This node's own all end; elsewhere one is ready. */
const READY_ELSEWHERE = [...NONE_READY.slice(0, 4), endpoint("10.0.1.5")];

const mixed: readonly ConformanceCase[] = [
  {
    name: "ready endpoints serve, and those that end do not; external traffic of policy Cluster too",
    upstream: "Test_EndpointSliceReadyAndTerminatingCluster",
    policy: "Cluster",
    endpoints: SOME_READY,
    cluster: [1, 2, 5],
    external: [1, 2, 5],
    loops: [1, 2, 3, 4],
  },
  {
    name: "ready endpoints serve, and those that end do not; external traffic of policy Local here alone",
    upstream: "Test_EndpointSliceReadyAndTerminatingLocal",
    policy: "Local",
    endpoints: SOME_READY,
    cluster: [1, 2, 5],
    external: [1, 2],
    loops: [1, 2, 3, 4],
  },
  {
    name: "without a ready endpoint those serve that end and still can, for external policy Cluster too",
    upstream: "Test_EndpointSliceOnlyReadyAndTerminatingCluster",
    policy: "Cluster",
    endpoints: NONE_READY,
    cluster: [1, 2, 4],
    external: [1, 2, 4],
    loops: [1, 2, 3],
  },
  {
    name: "external policy Local takes endpoints that end here, while the cluster takes a ready one elsewhere",
    upstream: "Test_EndpointSliceOnlyReadyAndTerminatingLocal",
    policy: "Local",
    endpoints: READY_ELSEWHERE,
    cluster: [5],
    external: [1, 2],
    loops: [1, 2, 3],
  },
].map(({ name, upstream, policy, endpoints, ...expected }) => ({
  name,
  upstream: [upstream],
  run: () => expectServed(policy, endpoints, expected),
}));

interface Served {
  readonly cluster: readonly number[];
  readonly external: readonly number[];
  readonly loops: readonly number[];
}

async function expectServed(
  externalTrafficPolicy: string,
  endpoints: readonly V1Endpoint[],
  { cluster, external, loops }: Served,
): Promise<void> {
  const node = new Node();
  const spec = { type: "NodePort", clusterIP: CLUSTER_IP, externalIPs: [EXTERNAL] };
  const all = slice(endpoints);
  const lines = (inside: readonly number[], outside: readonly number[]): string[] => [
    ...(externalTrafficPolicy === "Local"
      ? [`for the cluster/ipv4 ->${destinations(...inside)}`]
      : []),
    `tcp/${EXTERNAL}:80 ->${destinations(...outside)}`,
    `tcp/${CLUSTER_IP}:80 ->${destinations(...inside)}`,
  ];
  await node.sync(service({ ...spec, externalTrafficPolicy }), all);
  expect(node.table()).toEqual(lines(cluster, external));
  expect(node.filter("hairpin")).toEqual(hairpins(...loops));
  await node.delete(all);
  await node.wait(1_000);
  expect(node.table()).toEqual(lines([], []));
  expect(node.filter("hairpin")).toEqual([]);
}

const BOTH_HERE = "both policies are set and there are local endpoints";
const BOTH_ELSEWHERE = "Both policies are set and there are no local endpoints";

const counted: readonly ConformanceCase[] = [
  { what: "internalTrafficPolicy is set and there are local endpoints", where: "here" },
  { what: "externalTrafficPolicy is set and there are local endpoints", where: "here" },
  { what: BOTH_HERE, where: "here" },
  { what: "internalTrafficPolicy is set and there are no local endpoints", where: "elsewhere" },
  { what: "externalTrafficPolicy is set and there are no local endpoints", where: "elsewhere" },
  { what: BOTH_ELSEWHERE, where: "elsewhere" },
  { what: "Both policies are set and there are no endpoints at all", where: "nowhere" },
].map(({ what, where }) => ({
  name: `Services without local endpoints are counted: ${what}`,
  upstream: [`TestNoEndpointsMetric/${what}`],
  run: async () => {
    const isInternal = !what.startsWith("external");
    const isExternal = !what.startsWith("internal");
    const node = new Node({ addresses: { eth0: ["10.0.0.1"] } });
    const first = endpoint("10.0.1.1", where === "here" ? "here" : "elsewhere");
    const endpoints = [first, endpoint("10.0.1.2"), endpoint("10.0.1.3")];
    await node.sync(
      service({
        type: "NodePort",
        clusterIP: CLUSTER_IP,
        ports: [{ ...P80, nodePort: 30_000 }],
        internalTrafficPolicy: isInternal ? "Local" : "Cluster",
        externalTrafficPolicy: isExternal ? "Local" : "Cluster",
      }),
      slice(where === "nowhere" ? [] : endpoints),
    );
    const missing = where === "elsewhere" ? 1 : 0;
    expect(node.passes.index.noLocalEndpoints()).toEqual({
      internal: { ipv4: isInternal ? missing : 0, ipv6: 0 },
      external: { ipv4: isExternal ? missing : 0, ipv6: 0 },
    });
  },
}));

/** All of them. */
export const trafficPolicyCases: readonly ConformanceCase[] = [
  followed,
  ...internal,
  ...mixed,
  ...counted,
];
