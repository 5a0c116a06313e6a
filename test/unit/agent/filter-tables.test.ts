/** Tables of the packet filter with other rules, and tables that are gone: made anew whole, and at once. */
import { expect, test } from "vitest";
import { AUDIT_FILTERS_MS } from "../../../src/agent/audit.ts";
import { tcp } from "../plan/samples.ts";
import { NodeUnderTest, shop } from "./node-under-test.ts";

const NODE_PORT = 30_080;
const GUARDED = shop("guarded", 1, {
  type: "LoadBalancer",
  loadBalancerAddresses: ["198.18.0.1"],
  loadBalancerSourceRanges: ["192.0.2.0/24"],
});
const WEB = shop("web", 2, {
  type: "NodePort",
  ports: [{ name: "http", protocol: "tcp", port: 80, nodePort: NODE_PORT }],
});
const ALL = [GUARDED, WEB];

/** The agent on a node with one address, which has done its first pass. */
async function settled(shops = ALL, kernel?: NodeUnderTest["kernel"]): Promise<NodeUnderTest> {
  const node = new NodeUnderTest(kernel);
  node.kernel.nodeAddresses.set([{ address: "192.168.77.10", link: "eth0" }]);
  see(node, shops);
  await node.pass();
  return node;
}

function see(node: NodeUnderTest, shops: readonly (typeof WEB)[], complete = true): void {
  node.see(
    shops.map(({ service }) => service),
    shops.map(({ slice }) => slice),
    complete,
  );
}

/** What the packet filter holds, by id. */
function held({ kernel }: Pick<NodeUnderTest, "kernel">): string[] {
  return [...(kernel.filter.held?.keys() ?? [])].toSorted();
}

/** The fewest objects that the tables held whenever the kernel was called. */
function fewestHeld({ kernel }: Pick<NodeUnderTest, "kernel">): () => number {
  let fewest = Number.POSITIVE_INFINITY;
  kernel.before = () => {
    fewest = Math.min(fewest, kernel.filter.held?.size ?? 0);
  };
  return () => fewest;
}

test("of another version are in force until one transaction replaces them with all that they hold", async () => {
  const { kernel } = await settled();
  const wanted = held({ kernel });
  kernel.filter.changeRules();
  const fewest = fewestHeld({ kernel });
  const again = await settled(ALL, kernel);
  expect(fewest()).toBe(wanted.length);
  expect(held(again)).toEqual(wanted);
  expect(kernel.calls.get("replaceFilter")).toBe(1);
  expect(kernel.calls.has("writeFilter")).toBe(false);
  expect(again.passes.adopted).toMatchObject({ hasFilterTables: false, foreign: 0 });
});

test("come with what changed while nobody was there", async () => {
  const { kernel } = await settled();
  kernel.filter.changeRules();
  const again = await settled([GUARDED], kernel);
  expect(held(again).filter((id) => id.includes("node-port"))).toEqual([]);
  expect(held(again)).toEqual(held(await settled([GUARDED])));
});

test("told of a node port whose Service left while nobody was there: its virtual service is ours", async () => {
  const { kernel } = await settled();
  kernel.filter.changeRules();
  const again = await settled([GUARDED], kernel);
  expect(kernel.table.services().map(({ key }) => key)).not.toContainEqual(
    tcp("192.168.77.10", NODE_PORT),
  );
  expect(again.passes.adopted?.foreign).toBe(0);
});

test("lose nothing while the picture is partial", async () => {
  const before = await settled();
  const wanted = held(before);
  before.kernel.filter.changeRules();
  const again = new NodeUnderTest(before.kernel);
  see(again, [GUARDED], false);
  await again.pass();
  expect(held(again)).toEqual(wanted);
});

test.each([
  ["flushed", (node: NodeUnderTest) => node.kernel.filter.flushRuleset()],
  ["with another rule", (node: NodeUnderTest) => node.kernel.filter.changeRules()],
])("%s by somebody else are told as drift and mended by one transaction", async (_, damage) => {
  for (const shops of [ALL, []]) {
    const node = await settled(shops);
    const wanted = held(node);
    damage(node);
    node.passes.doubtFilter();
    await node.pass();
    expect(held(node)).toEqual(wanted);
    expect(node.kernel.calls.get("replaceFilter")).toBe(1);
    expect(node.kernel.calls.has("writeFilter")).toBe(false);
    expect(node.said(40)).toEqual(["the kernel differed from what was written; repairing"]);
    await node.pass();
    expect(node.wrote()).toEqual([]);
  }
});

test("with an element that the kernel refuses hold all others, and it is tried again", async () => {
  const { kernel } = await settled();
  const wanted = held({ kernel });
  kernel.filter.changeRules();
  const bad = wanted.find((id) => id.includes("node-port-masqueraded")) ?? "";
  kernel.refuse = (operation) =>
    operation.kind === "add-filter" &&
    operation.object.kind === "element" &&
    operation.object.set === "node-port-masqueraded"
      ? "ENOSPC"
      : undefined;
  const again = await settled(ALL, kernel);
  expect(held(again)).toEqual(wanted.filter((id) => id !== bad));
  expect(again.passes.failures.all().map(({ code }) => code)).toEqual(["ENOSPC"]);
  kernel.refuse = () => undefined;
  await again.passAfter(200);
  expect(held(again)).toEqual(wanted);
  expect(again.passes.failures.all()).toEqual([]);
});

test("that others may have changed are read, and nothing else of the kernel is", async () => {
  const node = await settled();
  node.passes.doubtFilter();
  await node.pass();
  expect([...node.kernel.calls]).toEqual([["readFilter", 1]]);
  await node.pass();
  expect([...node.kernel.calls]).toEqual([]);
});

test("that others may have changed are read once, also where the audit is about to, and where all is read", async () => {
  const node = await settled();
  node.passes.doubtFilter();
  await node.passAfter(AUDIT_FILTERS_MS);
  expect(node.kernel.calls.get("readFilter")).toBe(1);

  node.kernel.before = () => {
    throw new Error("socket broke");
  };
  node.passes.doubtFilter();
  await expect(node.pass()).rejects.toThrow("socket broke");
  node.kernel.before = () => {};
  node.passes.doubtFilter();
  await node.pass();
  expect(node.kernel.calls.get("readFilter")).toBe(1);
  await node.pass();
  expect(node.kernel.calls.has("readFilter")).toBe(false);
});
