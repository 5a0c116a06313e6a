/** Objects in protobuf: what is read of them is what their JSON says. */
import { expect, test } from "vitest";
import { decodeObject } from "../../../../src/kube/protobuf/decode.ts";
import { envelope, type Fields, message } from "../../../fakes/protobuf-writer.ts";

const METADATA: Fields = {
  ...{ 1: "web", 2: "", 3: "shop", 5: "0f3c", 6: "4711" },
  8: { 1: 1_767_225_600, 2: 0 },
  11: [
    { 1: "app", 2: "web" },
    { 1: "empty", 2: "" },
  ],
  12: { 1: "__proto__", 2: "evil" },
  17: { 1: "kubectl", 7: "f:spec" },
};

const SERVICE: Fields = {
  1: METADATA,
  2: {
    1: [
      { 1: "http", 2: "TCP", 3: 80, 4: { 1: 0, 2: 8080 }, 5: 30080 },
      { 1: "dns", 2: "UDP", 3: 53, 5: 0 },
    ],
    2: { 1: "app", 2: "web" },
    ...{ 3: "10.96.0.10", 4: "LoadBalancer", 5: ["203.0.113.1"], 7: "ClientIP" },
    ...{ 9: "192.0.2.0/24", 11: "Local", 12: 30_001, 13: true, 14: { 1: { 1: 600 } } },
    ...{ 18: ["10.96.0.10", "fd00:96::a"], 19: ["IPv4", "IPv6"], 22: "Cluster" },
  },
  3: { 1: { 1: { 1: "203.0.113.9", 2: "lb.example", 3: "VIP" } } },
};

/** What the API server's JSON of the same object says, as far as it is read. */
const SERVICE_JSON = {
  metadata: {
    name: "web",
    namespace: "shop",
    resourceVersion: "4711",
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels: { app: "web", empty: "" },
  },
  spec: {
    ports: [
      { name: "http", protocol: "TCP", port: 80, nodePort: 30080 },
      { name: "dns", protocol: "UDP", port: 53, nodePort: 0 },
    ],
    clusterIP: "10.96.0.10",
    type: "LoadBalancer",
    externalIPs: ["203.0.113.1"],
    sessionAffinity: "ClientIP",
    loadBalancerSourceRanges: ["192.0.2.0/24"],
    externalTrafficPolicy: "Local",
    healthCheckNodePort: 30_001,
    sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } },
    clusterIPs: ["10.96.0.10", "fd00:96::a"],
    ipFamilies: ["IPv4", "IPv6"],
    internalTrafficPolicy: "Cluster",
  },
  status: { loadBalancer: { ingress: [{ ip: "203.0.113.9", ipMode: "VIP" }] } },
};

test("a Service is what its JSON is, without the fields that nobody reads", () => {
  expect(decodeObject(envelope("v1", "Service", SERVICE))).toEqual({
    apiVersion: "v1",
    kind: "Service",
    ...SERVICE_JSON,
  });
});

test("a slice keeps false apart from unset, and a port without number from port 0", () => {
  const slice: Fields = {
    1: { 1: "web-1", 3: "shop" },
    2: [
      { 1: "10.0.0.1", 2: { 1: false, 2: true, 3: true }, 6: "node-b", 7: "zone-b" },
      { 1: "", 2: {}, 8: { 1: { 1: "zone-a" }, 2: { 1: "node-a" } } },
    ],
    3: [
      { 1: "", 2: "TCP", 3: 0 },
      { 1: "named", 2: "UDP" },
    ],
    4: "IPv4",
  };
  expect(decodeObject(envelope("discovery.k8s.io/v1", "EndpointSlice", slice))).toEqual({
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: { name: "web-1", namespace: "shop" },
    endpoints: [
      {
        addresses: ["10.0.0.1"],
        conditions: { ready: false, serving: true, terminating: true },
        nodeName: "node-b",
      },
      {
        addresses: [""],
        conditions: {},
        hints: { forZones: [{ name: "zone-a" }], forNodes: [{ name: "node-a" }] },
      },
    ],
    ports: [
      { protocol: "TCP", port: 0 },
      { name: "named", protocol: "UDP" },
    ],
    addressType: "IPv4",
  });
});

test("a Node has its addresses, ranges and taints, and the zero time is none", () => {
  const node: Fields = {
    1: { 1: "node-a", 8: {}, 9: { 1: 1_767_225_600 } },
    2: { 1: "10.1.0.0/24", 5: { 1: "key", 2: "value" }, 7: "10.1.0.0/24" },
    3: { 5: { 1: "InternalIP", 2: "192.0.2.1" } },
  };
  expect(decodeObject(envelope("v1", "Node", node))).toMatchObject({
    metadata: { name: "node-a", deletionTimestamp: "2026-01-01T00:00:00Z" },
    spec: { podCIDR: "10.1.0.0/24", podCIDRs: ["10.1.0.0/24"], taints: [{ key: "key" }] },
    status: { addresses: [{ type: "InternalIP", address: "192.0.2.1" }] },
  });
});

test("the items of a list are decoded one by one, when they are asked for", () => {
  const good = message(SERVICE);
  const cutOff = good.subarray(0, good.length - 4);
  const list: Fields = { 1: { 2: "812", 3: "next" }, 2: [good, cutOff] };
  const { items, ...rest } = decodeObject(envelope("v1", "ServiceList", list));
  expect(rest).toEqual({
    apiVersion: "v1",
    kind: "ServiceList",
    metadata: { resourceVersion: "812", continue: "next" },
  });
  const each = (items as Iterable<object>)[Symbol.iterator]();
  expect(each.next().value).toEqual(SERVICE_JSON);
  expect(() => each.next()).toThrow();
});

test("an empty list has no items", () => {
  const { items } = decodeObject(envelope("v1", "NodeList", { 1: { 2: "1" } }));
  expect([...(items as Iterable<object>)]).toEqual([]);
});

test("a refusal has its code and what the server says", () => {
  const status: Fields = { 1: {}, 2: "Failure", 3: "too old", 4: "Expired", 6: 410 };
  expect(decodeObject(envelope("v1", "Status", status))).toMatchObject({
    message: "too old",
    reason: "Expired",
    code: 410,
  });
});

test.each([
  ["JSON", Buffer.from("{}"), /no object of Kubernetes/],
  ["nothing", Buffer.alloc(0), /no object of Kubernetes/],
  ["another kind", envelope("v1", "Pod", {}), /kind "Pod"/],
  ["a list of another kind", envelope("v1", "PodList", {}), /kind "PodList"/],
  ["what every object inherits", envelope("v1", "toString", {}), /kind "toString"/],
  ["a message that is cut off", envelope("v1", "Service", SERVICE).subarray(0, 60), /./],
])("%s is refused", (_, bytes, message) => {
  expect(() => decodeObject(bytes)).toThrow(message);
});
