/** What the store makes of changes about nodes: which Services are planned again, and at what cost. */
import { beforeEach, expect, test } from "vitest";
import { Store } from "../../../src/agent/store.ts";
import { PLAIN as CIRCUMSTANCES } from "../../../src/kube/change.ts";
import type { ClusterNode } from "../../../src/model/cluster.ts";
import { NO_ADDRESSES } from "../../fakes/agent-surroundings.ts";
import { picture } from "../../fakes/fake-source.ts";
import { endpoint, HTTP, NODE, service, slice } from "../plan/samples.ts";

const PEERS = 5_000;
const EXTERNAL = service({ name: "shop/external", externalAddresses: ["192.0.2.50"] });
const NODE_PORT = service({ name: "shop/port", ports: [{ ...HTTP, nodePort: 30_080 }] });
const PLAIN = service({ name: "shop/plain" });

let store: Store;
beforeEach(() => {
  store = new Store({ nodeName: NODE.name, ...NO_ADDRESSES });
  store.accept({ kind: "replaced", picture: picture([EXTERNAL, NODE_PORT, PLAIN], []) });
  store.takeDirty();
});

function peer(name: string, addresses: readonly string[]): ClusterNode {
  return { name, zone: "", addresses, podRanges: [], deleting: false, taints: [] };
}

function tell(value: ClusterNode): void {
  store.accept({ kind: "node", name: value.name, value });
}

test(`a list of ${PEERS} other nodes looks at each of them once, however they are told`, () => {
  let looks = 0;
  for (let number = 0; number < PEERS; number++) {
    const node = peer(`node-${number}`, [`10.${number >> 8}.${number & 255}.1`]);
    const { addresses } = node;
    Object.defineProperty(node, "addresses", {
      get: () => {
        looks++;
        return addresses;
      },
    });
    tell(node);
  }
  // None of them has an address that a Service wants.
  expect(store.takeDirty()).toEqual([]);
  expect(store.node.takenAddresses.size).toBe(PEERS);
  expect(looks).toBe(PEERS);
  store.accept({ kind: "service", name: PLAIN.name, value: PLAIN });
  store.takeDirty();
  expect(looks).toBe(PEERS);
});

test("an address of another node concerns Services with external addresses, until it goes", () => {
  tell(peer("node-b", ["192.0.2.50"]));
  expect(store.node.takenAddresses.get("192.0.2.50")).toBe("an address of the node node-b");
  expect(store.takeDirty()).toEqual(["shop/external"]);
  store.accept({ kind: "node", name: "node-b", value: undefined });
  expect(store.takeDirty()).toEqual(["shop/external"]);
  expect(store.node.takenAddresses.size).toBe(0);
});

test("what changes and changes back before anybody looks concerns nobody", () => {
  tell(peer("node-b", ["192.0.2.50"]));
  store.accept({ kind: "node", name: "node-b", value: undefined });
  const before = store.node;
  expect(store.takeDirty()).toEqual([]);
  expect(store.node).toBe(before);
});

test("this node's addresses concern Services with node ports, its zone concerns all", () => {
  store.setInterfaceAddresses([{ address: "198.51.100.1", link: "eth0" }]);
  expect(store.takeDirty()).toEqual(["shop/port"]);
  store.setInterfaceAddresses([
    { address: "198.51.100.1", link: "eth0" },
    { address: "192.0.2.50", link: "eth0" },
  ]);
  expect(store.takeDirty().toSorted()).toEqual(["shop/external", "shop/port"]);
  tell({ ...peer(NODE.name, []), zone: "east" });
  expect(store.takeDirty()).toHaveLength(3);
});

test("a pod's link concerns no Service", () => {
  store.setInterfaceAddresses([{ address: "fe80::1", link: "veth1" }]);
  expect(store.takeDirty()).toEqual([]);
});

test("this node's own addresses concern Services whose source ranges may hold it", () => {
  const ranged = service({
    name: "shop/ranged",
    loadBalancerAddresses: ["192.0.2.60"],
    loadBalancerSourceRanges: ["10.0.0.0/8"],
  });
  store.accept({ kind: "service", name: ranged.name, value: ranged });
  store.takeDirty();
  tell(peer(NODE.name, ["10.0.0.1"]));
  expect(store.takeDirty()).toEqual(["shop/ranged"]);
});

test("an address that the node gains or loses concerns Services with an endpoint there", () => {
  const own = slice([endpoint("192.168.77.10")], { service: PLAIN.name });
  store.accept({ kind: "slice", name: own.name, value: own });
  store.takeDirty();
  for (const addresses of [["192.168.77.10", "192.168.88.10"], ["192.168.88.10"]]) {
    store.setInterfaceAddresses(addresses.map((address) => ({ address, link: "eth0" })));
    expect(store.takeDirty()).toContain(PLAIN.name);
  }
  store.setInterfaceAddresses([]);
  expect(store.takeDirty()).not.toContain(PLAIN.name);
});

test("addresses of the API server are taken while its slice holds them, and free after it", () => {
  const api = slice([endpoint("192.0.2.50")], {
    name: "default/kubernetes",
    service: "default/kubernetes",
    family: "ipv4",
  });
  store.accept({ kind: "slice", name: api.name, value: api });
  expect(store.takeDirty()).toContain("shop/external");
  expect(store.node.takenAddresses.get("192.0.2.50")).toBe("an address of the API server");
  store.accept({ kind: "slice", name: api.name, value: undefined });
  expect(store.takeDirty()).toContain("shop/external");
  expect(store.node.takenAddresses.size).toBe(0);
});

test("where the API server is reached concerns Services with external addresses", () => {
  const value = { ...CIRCUMSTANCES, serverAddresses: ["192.0.2.50"] };
  store.accept({ kind: "circumstances", value });
  expect(store.takeDirty()).toEqual(["shop/external"]);
  expect(store.node.serverAddresses.has("192.0.2.50")).toBe(true);
});

test("the end of the wait for other nodes concerns Services with external addresses", () => {
  store.accept({ kind: "circumstances", value: { ...CIRCUMSTANCES, awaitsPeers: true } });
  expect(store.takeDirty()).toEqual(["shop/external"]);
  store.accept({ kind: "circumstances", value: CIRCUMSTANCES });
  expect(store.takeDirty()).toEqual(["shop/external"]);
});

test("each change of a Service or a slice counts, also where the Service waits already; a retry does not", () => {
  const before = store.changeCount;
  store.accept({ kind: "service", name: PLAIN.name, value: PLAIN });
  const value = slice([endpoint("10.1.0.1")], { service: PLAIN.name });
  store.accept({ kind: "slice", name: value.name, value });
  store.accept({ kind: "slice", name: value.name, value: undefined });
  store.touch([PLAIN.name]);
  tell(peer("node-1", ["10.9.0.1"]));
  expect(store.changeCount - before).toBe(3);
  expect(store.takeDirty()).toEqual([PLAIN.name]);
});
