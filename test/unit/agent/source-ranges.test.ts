/** Source ranges in time: nothing is open to all on the way, whatever the kernel refuses. */
import { describe, expect, test } from "vitest";
import type { Service } from "../../../src/model/cluster.ts";
import type { Operation } from "../../../src/model/operation.ts";
import { filterObjectId } from "../../../src/model/packet-filter.ts";
import { HTTP } from "../plan/samples.ts";
import { NodeUnderTest, shop } from "./node-under-test.ts";

const BALANCER = "192.0.2.50";
const MORE = { ...HTTP, name: "more", port: 8_443 };

function balanced(parts: Partial<Service> = {}) {
  return shop("web", 10, {
    type: "LoadBalancer",
    loadBalancerAddresses: [BALANCER],
    loadBalancerSourceRanges: ["198.51.100.0/24"],
    ...parts,
  });
}

const WEB = balanced();

/** Refuses to add elements of source ranges on the port. */
function refusingRanges(port: number): (operation: Operation) => string | undefined {
  return (operation) => {
    if (operation.kind !== "add-filter") return undefined;
    const isMeant = filterObjectId(operation.object).endsWith(
      ` source-ranges { ${BALANCER} . tcp . ${port} }`,
    );
    return isMeant ? "ENOMEM" : undefined;
  };
}

async function settled(parts: Partial<Service> = {}): Promise<NodeUnderTest> {
  const node = new NodeUnderTest();
  const { service, slice } = balanced(parts);
  node.see([service], [slice]);
  await node.pass();
  return node;
}

/** The last pass, without what is about neither the address nor its ranges. */
function wrote(node: NodeUnderTest): string[] {
  return node
    .wrote()
    .filter((text) => text.includes(BALANCER) || text.includes(" chain "))
    .map((text) => text.replace(/sources-[0-9a-f]+/g, "sources-x"));
}

describe("stages", () => {
  test("source ranges come before the virtual service and the address", async () => {
    const node = await settled();
    expect(wrote(node)).toEqual([
      "add-filter ip chain sources-x { 198.51.100.0/24 }",
      "add-filter ip closed-to-node { 192.0.2.50 . tcp . 80 }",
      "add-filter ip source-ranges { 192.0.2.50 . tcp . 80 : jump sources-x }",
      "add-service tcp/192.0.2.50:80 scheduler rr",
      "add-destination tcp/192.0.2.50:80 10.1.0.10:8080 weight 1",
      "add-filter ip masqueraded { 192.0.2.50 . tcp . 80 }",
      "add-filter ip service-addresses { 192.0.2.50 }",
      "add-address 192.0.2.50",
    ]);
  });

  test("those of another port come before it, on an address that is bound", async () => {
    const node = await settled();
    node.put({ ...WEB.service, ports: [HTTP, MORE] });
    await node.pass();
    expect(wrote(node).map((text) => text.split(" ").slice(0, 3).join(" "))).toEqual([
      "add-filter ip closed-to-node",
      "add-filter ip source-ranges",
      "add-service tcp/192.0.2.50:8443 scheduler",
      "add-filter ip masqueraded",
      "add-filter ip no-endpoints",
    ]);
  });

  test("they leave after the address and the virtual service, with what else is late", async () => {
    const node = await settled();
    node.remove("shop/web");
    await node.pass();
    expect(wrote(node)).toEqual([
      "delete-filter ip service-addresses { 192.0.2.50 }",
      "delete-address 192.0.2.50",
      "delete-service tcp/192.0.2.50:80",
      "delete-filter ip masqueraded { 192.0.2.50 . tcp . 80 }",
      "delete-filter ip closed-to-node { 192.0.2.50 . tcp . 80 }",
      "delete-filter ip source-ranges { 192.0.2.50 . tcp . 80 }",
      "delete-filter ip chain sources-x",
    ]);
    expect(node.kernel.calls.get("writeFilter")).toBe(2);
  });

  test("other ranges are one transaction", async () => {
    const node = await settled();
    node.put({ ...WEB.service, loadBalancerSourceRanges: ["203.0.113.0/24"] });
    await node.pass();
    expect([...node.kernel.calls]).toEqual([["writeFilter", 1]]);
  });

  test("a Service without ranges is one transaction, too", async () => {
    const node = await settled({ loadBalancerSourceRanges: [] });
    expect(node.kernel.calls.get("replaceFilter")).toBe(1);
    expect(node.kernel.calls.has("writeFilter")).toBe(false);
  });
});

describe("the kernel refuses source ranges:", () => {
  test("their frontend is neither added nor bound, all else is, and both come with them", async () => {
    const node = new NodeUnderTest();
    node.kernel.refuse = refusingRanges(80);
    node.see([WEB.service], [WEB.slice]);
    const { skipped } = await node.pass();
    expect(skipped).toBe(3);
    expect(node.addresses()).toEqual(["10.96.0.10"]);
    expect(node.table()).not.toContain(BALANCER);
    node.kernel.refuse = () => undefined;
    await node.passAfter(200);
    expect(node.addresses()).toEqual(["10.96.0.10", BALANCER]);
    expect(node.table()).toContain(`-A -t ${BALANCER}:80`);
    expect(node.passes.failures.all()).toEqual([]);
  });

  test("nothing lets it in before they are there, not a change of its endpoints either", async () => {
    const node = new NodeUnderTest();
    node.kernel.refuse = refusingRanges(80);
    node.see([WEB.service], [WEB.slice]);
    await node.pass();
    node.passes.index.markAllDirty();
    await node.pass();
    // As an audit would, which knows nothing of the refusal.
    const key = { protocol: "tcp", address: BALANCER, port: 80 } as const;
    node.passes.index.markDirty({
      services: new Map([[`tcp/${BALANCER}:80`, key]]),
      addresses: new Set([BALANCER]),
      filters: new Set(),
    });
    await node.pass();
    expect(node.table()).not.toContain(BALANCER);
    expect(node.addresses()).toEqual(["10.96.0.10"]);
  });

  test("another port on a bound address does not come, and the first one goes on", async () => {
    const node = await settled();
    node.kernel.refuse = refusingRanges(8_443);
    node.put({ ...WEB.service, ports: [HTTP, MORE] });
    await node.pass();
    expect(node.table()).toContain(`-A -t ${BALANCER}:80`);
    expect(node.table()).not.toContain(`${BALANCER}:8443`);
    node.kernel.refuse = () => undefined;
    await node.passAfter(200);
    expect(node.table()).toContain(`-A -t ${BALANCER}:8443`);
  });

  test("a port stays for the one that should replace it, behind its own ranges", async () => {
    const node = await settled();
    node.kernel.refuse = refusingRanges(8_443);
    node.put({ ...WEB.service, ports: [MORE] });
    await node.pass();
    expect(node.table()).toContain(`-A -t ${BALANCER}:80`);
    const held = (): string[] => [...(node.kernel.filter.held?.keys() ?? [])];
    expect(held()).toContain(`ip source-ranges { ${BALANCER} . tcp . 80 }`);
    node.kernel.refuse = () => undefined;
    await node.passAfter(200);
    expect(node.table()).not.toContain(`${BALANCER}:80 `);
    expect(held()).not.toContain(`ip source-ranges { ${BALANCER} . tcp . 80 }`);
    expect(node.passes.failures.all()).toEqual([]);
  });

  test("an agent that finds the virtual service without them does not bind its address", async () => {
    const before = await settled();
    before.kernel.serviceLink?.addresses.delete(BALANCER);
    before.kernel.filter.takeOut(`ip source-ranges { ${BALANCER} . tcp . 80 }`);
    const node = new NodeUnderTest(before.kernel);
    node.kernel.refuse = refusingRanges(80);
    node.see([WEB.service], [WEB.slice]);
    await node.pass();
    expect(node.addresses()).toEqual(["10.96.0.10"]);
    // Another Service on the same address, open to all, must not bind it for this one.
    const other = shop("other", 11, {
      type: "LoadBalancer",
      loadBalancerAddresses: [BALANCER],
      ports: [MORE],
    });
    node.put(other.service);
    await node.pass();
    expect(node.addresses()).toEqual(["10.96.0.10", "10.96.0.11"]);
  });
});

test.each`
  what                   | kind
  ${"an address"}        | ${"delete-address"}
  ${"a virtual service"} | ${"delete-service"}
`("$what that cannot leave keeps its source ranges, which leave after it", async ({ kind }) => {
  const node = await settled();
  node.kernel.refuse = (operation) => (operation.kind === kind ? "ENOMEM" : undefined);
  node.remove("shop/web");
  await node.pass();
  expect(wrote(node).filter((text) => /source-ranges|chain|closed/.test(text))).toEqual([]);
  node.kernel.refuse = () => undefined;
  await node.passAfter(200);
  expect(node.kernel.filter.held?.size).toBe(0);
  expect(node.addresses()).toEqual([]);
});

test("while the picture is partial they change and come, and do not leave", async () => {
  const { kernel } = await settled();
  const node = new NodeUnderTest(kernel);
  node.see([], [], false);
  await node.pass();
  expect(node.wrote()).toEqual([]);
  const { service, slice } = balanced({ loadBalancerSourceRanges: ["203.0.113.0/24"] });
  node.see([service], [slice], false);
  await node.pass();
  expect(wrote(node).map((text) => text.split(" { ")[0])).toEqual([
    "delete-filter ip source-ranges",
    "add-filter ip chain sources-x",
    "add-filter ip source-ranges",
  ]);
});
