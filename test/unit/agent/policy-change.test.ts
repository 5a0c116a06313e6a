/** `externalTrafficPolicy` from Local to Cluster: open connections by the firewall mark go on to their end. */
import { describe, expect, test } from "vitest";
import type { Service } from "../../../src/model/cluster.ts";
import type { ServiceKey } from "../../../src/model/virtual-service.ts";
import { destination, HTTP } from "../plan/samples.ts";
import { endpoints, NodeUnderTest, shop } from "./node-under-test.ts";

const LOCAL = {
  type: "LoadBalancer",
  externalTrafficPolicy: "Local",
  loadBalancerAddresses: ["192.0.2.50"],
} as const satisfies Partial<Service>;
const WEB = shop("web", 10, LOCAL);
const CLUSTER = { ...WEB.service, externalTrafficPolicy: "Cluster" } as const;
const [A, B] = ["10.1.0.1", "10.1.0.2"] as const;

/** The key of the only mark in the kernel. */
function markOf(node: NodeUnderTest): ServiceKey {
  const key = node.kernel.table.services().find((one) => "mark" in one.key)?.key;
  if (!key) throw new Error("no mark");
  return key;
}

/** The destinations of the mark with their weights; undefined where it is gone. */
function marked(node: NodeUnderTest): string | undefined {
  const key = node.kernel.table.services().find((one) => "mark" in one.key)?.key;
  if (!key) return undefined;
  const found = node.kernel.table.destinations(key) ?? [];
  const texts = found.map(({ address, weight }) => `${address} ${weight}`);
  return texts.sort().join(", ");
}

function connect(node: NodeUnderTest, address: string, active: number): void {
  const connections = { active, inactive: 0, persistent: 0 };
  node.kernel.table.setConnections(markOf(node), destination(address, 8_080), connections);
}

/** Policy Local with connections to A, changed to Cluster. */
async function changed(from: Service = WEB.service, to: Service = CLUSTER): Promise<NodeUnderTest> {
  const node = new NodeUnderTest();
  node.see([from], [endpoints(A, B)]);
  await node.pass();
  connect(node, A, 3);
  node.put(to);
  await node.pass();
  return node;
}

describe("the virtual service of the mark", () => {
  test("takes nothing new: no element leads to it, and its destinations have weight 0", async () => {
    const node = await changed();
    expect(marked(node)).toBe(`${A} 0, ${B} 0`);
    expect(node.wrote()).toContain("delete-filter ip local-marks { 192.0.2.50 . tcp . 80 }");
    expect(node.wrote().filter((text) => text.startsWith("delete-service"))).toEqual([]);
  });

  test("stays as long as its pods are listed and have connections, and leaves with the last", async () => {
    const node = await changed();
    await node.passAfter(1_000);
    expect(marked(node)).toBe(`${A} 0`);
    await node.passAfter(600_000);
    expect(marked(node)).toBe(`${A} 0`);
    connect(node, A, 0);
    await node.passAfter(1_000);
    expect(node.wrote()).toEqual([expect.stringMatching(/^delete-service mark\/\d+\/ipv4$/)]);
    expect(marked(node)).toBeUndefined();
    expect(node.passes.drainer.all()).toEqual([]);
    await node.passAfter(1_000);
    expect(node.wrote()).toEqual([]);
  });

  test("keeps connections of a pod that left for the time to drain", async () => {
    const node = await changed();
    node.putSlice(endpoints(B));
    await node.pass();
    await node.passAfter(29_000);
    expect(marked(node)).toBe(`${A} 0`);
    await node.passAfter(1_000);
    expect(marked(node)).toBeUndefined();
  });

  test("goes at once where nothing is connected and nothing was to drain", async () => {
    const node = new NodeUnderTest();
    node.see([WEB.service], []);
    await node.pass();
    node.put(CLUSTER);
    await node.pass();
    expect(marked(node)).toBeUndefined();
  });

  test("serves again when the policy is Local again", async () => {
    const node = await changed();
    await node.passAfter(1_000);
    node.put(WEB.service);
    await node.pass();
    expect(marked(node)).toBe(`${A} 1, ${B} 1`);
    expect(node.wrote()[0]).toMatch(/^add-destination mark/);
  });

  test("is cut with its Service, and with the last way in from outside", async () => {
    const inside = { type: "ClusterIP", loadBalancerAddresses: [] } as const;
    for (const change of [
      (node: NodeUnderTest) => node.remove("shop/web"),
      (node: NodeUnderTest) => node.put({ ...CLUSTER, ...inside }),
    ]) {
      const node = await changed();
      change(node);
      await node.pass();
      expect(marked(node)).toBeUndefined();
    }
  });

  test.each`
    what                      | parts
    ${"UDP"}                  | ${{ ports: [{ ...HTTP, protocol: "udp" }] }}
    ${"a drain timeout of 0"} | ${{ annotations: { "kube-ipvs.io/drain-timeout": "0" } }}
  `("with $what is gone at once", async ({ parts }) => {
    const udp = "ports" in parts;
    const node = new NodeUnderTest();
    const ports = [{ name: "http", protocol: udp ? "udp" : "tcp", port: 8080 }] as const;
    node.see([{ ...WEB.service, ...parts }], [{ ...endpoints(A), ports }]);
    await node.pass();
    expect(marked(node)).toBe(`${A} 1`);
    node.put({ ...CLUSTER, ...parts });
    await node.pass();
    expect(marked(node)).toBeUndefined();
  });

  test("drains under a scheduler that could not where it serves", async () => {
    const annotations = { "kube-ipvs.io/scheduler": "sh" };
    const node = await changed({ ...WEB.service, annotations }, { ...CLUSTER, annotations });
    expect(marked(node)).toBe(`${A} 0, ${B} 0`);
  });
});

test("an agent that starts meanwhile goes on with it, and removes it in the end", async () => {
  const before = await changed();
  const node = new NodeUnderTest(before.kernel);
  node.see([CLUSTER], [endpoints(A, B)]);
  await node.pass();
  expect(node.wrote()).toEqual([]);
  await node.passAfter(1_000);
  expect(marked(node)).toBe(`${A} 0`);
  connect(node, A, 0);
  await node.passAfter(1_000);
  expect(marked(node)).toBeUndefined();
});

test("an agent that starts after the policy changed keeps the connections of the one before", async () => {
  const before = new NodeUnderTest();
  before.see([WEB.service], [endpoints(A)]);
  await before.pass();
  connect(before, A, 1);
  const node = new NodeUnderTest(before.kernel);
  node.see([CLUSTER], [endpoints(A)]);
  await node.pass();
  await node.passAfter(5_000);
  expect(marked(node)).toBe(`${A} 0`);
});

test("a mark whose Service went while no agent ran is removed", async () => {
  const before = await changed();
  const node = new NodeUnderTest(before.kernel);
  node.see([], []);
  await node.pass();
  expect(marked(node)).toBeUndefined();
});
