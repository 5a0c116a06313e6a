/** Whole passes over the fake kernel: what is written, and what is left alone. */
import { describe, expect, test } from "vitest";
import { destination, SETTINGS, tcp } from "../plan/samples.ts";
import { endpoints, NodeUnderTest, shop } from "./node-under-test.ts";

const WEB = shop("web", 10);
const SCHEDULER = "kube-ipvs.io/scheduler";

/** A node whose kernel is what `shop/web` asks for. */
async function settled(...addresses: readonly string[]): Promise<NodeUnderTest> {
  const node = new NodeUnderTest();
  node.see([WEB.service], [endpoints(...addresses)]);
  await node.pass();
  return node;
}

describe("the first pass", () => {
  test("does nothing before anything is known of the cluster", async () => {
    const node = new NodeUnderTest();
    expect(await node.passes.run()).toBeUndefined();
    expect(node.kernel.calls.size).toBe(0);
  });

  test("makes the link, the virtual services and then their addresses", async () => {
    const node = await settled("10.1.0.1");
    expect(node.wrote()).toEqual([
      "add-service tcp/10.96.0.10:80 scheduler rr",
      "add-destination tcp/10.96.0.10:80 10.1.0.1:8080 weight 1",
      "add-filter ip service-addresses { 10.96.0.10 }",
      "add-address 10.96.0.10",
    ]);
    expect(node.passes.adopted).toEqual({
      services: 0,
      destinations: 0,
      addresses: 0,
      hasFilterTables: false,
      filterObjects: 0,
      foreign: 0,
    });
  });

  test("writes nothing to a kernel that is right already", async () => {
    const { kernel } = await settled("10.1.0.1", "10.1.0.2");
    const again = new NodeUnderTest(kernel);
    again.see([WEB.service], [endpoints("10.1.0.1", "10.1.0.2")]);
    expect(await again.pass()).toMatchObject({ applied: 0, skipped: 0, refused: [] });
    expect(again.wrote()).toEqual([]);
    expect(again.passes.adopted).toEqual({
      services: 1,
      destinations: 2,
      addresses: 1,
      hasFilterTables: true,
      filterObjects: 1,
      foreign: 0,
    });
  });

  test("keeps the destinations of a kernel that is right once, and apart from those of one that is not", async () => {
    const { kernel } = await settled("10.1.0.1", "10.1.0.2");
    const shares = async (...addresses: readonly string[]): Promise<boolean> => {
      const again = new NodeUnderTest(kernel);
      again.see([WEB.service], [endpoints(...addresses)], false);
      await again.pass();
      const { mirror, index } = again.passes;
      const [id = ""] = mirror.ids();
      return mirror.entry(id)?.destinations === index.entry(id)?.destinations;
    };
    expect(await shares("10.1.0.2", "10.1.0.1")).toBe(true);
    expect(await shares("10.1.0.1", "10.1.0.3")).toBe(false);
    expect(await shares("10.1.0.1")).toBe(false);
  });

  test("removes what nobody wants on its addresses, and leaves what others made", async () => {
    const { kernel } = await settled("10.1.0.1");
    kernel.addForeign({ key: tcp("192.0.2.1", 80), settings: SETTINGS }, [
      destination("10.9.0.1", 1),
    ]);
    kernel.addForeign({ key: { mark: 1, family: "ipv4" }, settings: SETTINGS }, []);
    const again = new NodeUnderTest(kernel);
    again.see([], []);
    await again.pass();
    expect(again.wrote()).toEqual([
      "delete-filter ip service-addresses { 10.96.0.10 }",
      "delete-address 10.96.0.10",
      "delete-service tcp/10.96.0.10:80",
    ]);
    expect(again.passes.adopted?.foreign).toBe(2);
  });

  test("keeps what the kernel has where the scheduler is misspelled", async () => {
    const node = new NodeUnderTest();
    node.see([{ ...WEB.service, annotations: { [SCHEDULER]: "lc" } }], [WEB.slice]);
    await node.pass();
    const again = new NodeUnderTest(node.kernel);
    again.see([{ ...WEB.service, annotations: { [SCHEDULER]: "leastcon" } }], [WEB.slice]);
    await again.pass();
    expect(again.wrote()).toEqual([]);
    expect(again.passes.index.findings("shop/web").map(({ reason }) => reason)).toEqual([
      "bad-scheduler",
    ]);
  });

  test("writes default/kubernetes, address and all, before the others", async () => {
    const api = shop("kubernetes", 1);
    const node = new NodeUnderTest();
    const name = "default/kubernetes";
    node.see(
      [WEB.service, { ...api.service, name }],
      [WEB.slice, { ...api.slice, service: name, name: `${name}-1` }],
    );
    await node.pass();
    expect(node.wrote().slice(0, 5)).toEqual([
      "add-service tcp/10.96.0.1:80 scheduler rr",
      "add-destination tcp/10.96.0.1:80 10.1.0.1:8080 weight 1",
      "add-filter ip service-addresses { 10.96.0.1 }",
      "add-address 10.96.0.1",
      "add-service tcp/10.96.0.10:80 scheduler rr",
    ]);
  });
});

describe("later passes", () => {
  test("ask the kernel nothing when there is nothing to do", async () => {
    const node = await settled("10.1.0.1");
    expect(await node.pass()).toMatchObject({ applied: 0, planned: [] });
    expect([...node.kernel.calls]).toEqual([]);
  });

  test("write exactly one message for one endpoint that came, and none for the same again", async () => {
    const node = await settled("10.1.0.1");
    node.putSlice(endpoints("10.1.0.1", "10.1.0.2"));
    await node.pass();
    expect(node.wrote()).toEqual(["add-destination tcp/10.96.0.10:80 10.1.0.2:8080 weight 1"]);
    expect([...node.kernel.calls]).toEqual([["write", 1]]);
    node.putSlice(endpoints("10.1.0.1", "10.1.0.2"));
    await node.pass();
    expect([...node.kernel.calls]).toEqual([]);
  });

  test("write one message for an endpoint that left, and one when it is back", async () => {
    const node = await settled("10.1.0.1", "10.1.0.2");
    node.putSlice(endpoints("10.1.0.1"));
    await node.pass();
    expect(node.wrote()).toEqual(["set-destination tcp/10.96.0.10:80 10.1.0.2:8080 weight 0"]);
    node.putSlice(endpoints("10.1.0.1", "10.1.0.2"));
    await node.pass();
    expect(node.wrote()).toEqual(["set-destination tcp/10.96.0.10:80 10.1.0.2:8080 weight 1"]);
  });

  test("give an address that two Services want to the older, and to the other when that is gone", async () => {
    const node = new NodeUnderTest();
    const older = { ...WEB.service, name: "shop/z", createdMs: 1 };
    const younger = { ...WEB.service, createdMs: 2 };
    const slice = { ...endpoints("10.1.0.9"), service: "shop/z", name: "shop/z-1" };
    node.see([younger, older], [slice, endpoints("10.1.0.1")]);
    await node.pass();
    expect(node.table()).toContain("10.1.0.9:8080");
    node.remove("shop/z");
    await node.pass();
    expect(node.wrote()).toEqual([
      "add-destination tcp/10.96.0.10:80 10.1.0.1:8080 weight 1",
      "set-destination tcp/10.96.0.10:80 10.1.0.9:8080 weight 0",
    ]);
    expect(node.addresses()).toEqual(["10.96.0.10"]);
  });

  test("apply a missing scheduler once it is installed, and not before", async () => {
    const node = new NodeUnderTest();
    node.kernel.table.schedulers.delete("mh");
    node.see([{ ...WEB.service, annotations: { [SCHEDULER]: "mh" } }], [WEB.slice]);
    await node.pass();
    expect(node.table()).toContain("-s rr");
    node.kernel.table.schedulers.add("mh");
    await node.passAfter(59_000);
    expect(node.table()).toContain("-s rr");
    await node.passAfter(1_000);
    expect(node.table()).toContain("-s mh");
  });

  test("read everything again after a call that failed as a whole, and are not stopped by it", async () => {
    const node = await settled("10.1.0.1");
    node.kernel.before = (call) => {
      if (call === "write") throw new Error("socket broke");
    };
    node.putSlice(endpoints("10.1.0.2"));
    await expect(node.pass()).rejects.toThrow("socket broke");
    node.kernel.before = () => {};
    await node.pass();
    expect(node.kernel.calls.get("services")).toBe(1);
    expect(node.table()).toContain("10.1.0.2:8080 -m -w 1");
    await node.pass();
    expect([...node.kernel.calls]).toEqual([]);
  });
});

describe("a partial picture", () => {
  test("adds what it knows and removes nothing; a complete one does", async () => {
    const { kernel } = await settled("10.1.0.1", "10.1.0.2");
    const other = shop("other", 11);
    const node = new NodeUnderTest(kernel);
    node.see([other.service], [other.slice], false);
    await node.pass();
    expect(node.wrote().map((text) => text.split(" ")[0])).toEqual([
      "add-service",
      "add-destination",
      "add-filter",
      "add-address",
    ]);
    node.see([other.service], [other.slice], true);
    await node.pass();
    expect(node.wrote()).toEqual([
      "delete-filter ip service-addresses { 10.96.0.10 }",
      "delete-address 10.96.0.10",
      "delete-service tcp/10.96.0.10:80",
    ]);
  });

  test("removes no endpoint, not even one that drained before the start", async () => {
    const node = await settled("10.1.0.1", "10.1.0.2");
    node.putSlice(endpoints("10.1.0.1"));
    await node.pass();
    const again = new NodeUnderTest(node.kernel);
    again.see([WEB.service], [endpoints("10.1.0.1")], false);
    await again.pass();
    await again.passAfter(120_000);
    expect(again.wrote()).toEqual([]);
    again.see([WEB.service], [endpoints("10.1.0.1")], true);
    await again.pass();
    await again.passAfter(1_000);
    expect(again.wrote()).toEqual(["delete-destination tcp/10.96.0.10:80 10.1.0.2:8080"]);
  });

  test("that becomes complete during a pass lets that pass remove nothing", async () => {
    const { kernel } = await settled("10.1.0.1");
    const node = new NodeUnderTest(kernel);
    node.see([], [], false);
    kernel.before = (call) => {
      if (call === "services") node.see([WEB.service], [endpoints("10.1.0.1")], true);
    };
    await node.pass();
    kernel.before = () => {};
    expect(node.wrote()).toEqual([]);
    await node.pass();
    expect(node.wrote()).toEqual([]);
  });
});
