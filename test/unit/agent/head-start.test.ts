/** `default/kubernetes` on a node that serves nothing yet: it works before the other Services are planned. */
import { describe, expect, test } from "vitest";
import { FakeKernel } from "../../fakes/fake-kernel.ts";
import { endpoint, NODE, SETTINGS, service, slice, tcp } from "../plan/samples.ts";
import { NodeUnderTest } from "./node-under-test.ts";

const FIRST = service({ name: "default/kubernetes", clusterAddresses: ["10.96.0.1"] });
const WEB = service({ name: "shop/web" });
const SLICES = [FIRST, WEB].map(({ name }) =>
  slice([endpoint("10.1.0.1", { nodeName: NODE.name })], {
    name: `${name}-1`,
    service: name,
    family: "ipv4",
  }),
);

/** A node on `kernel`, and the names of the Services that were planned at each write. */
function nodeOn(kernel: FakeKernel) {
  const node = new NodeUnderTest(kernel);
  const planned: string[] = [];
  kernel.refuse = (operation) => {
    planned.push(`${operation.kind} ${[...node.passes.index.names()].length}`);
    return undefined;
  };
  node.see([WEB, FIRST], SLICES);
  return { node, planned };
}

const FIRST_OPERATIONS = ["add-service", "add-destination", "add-filter", "add-filter"];

describe("on an empty kernel", () => {
  test("it is written, address and all, when it alone is planned", async () => {
    const { node, planned } = nodeOn(new FakeKernel());
    const result = await node.pass();
    expect(planned.slice(0, 5)).toEqual(
      [...FIRST_OPERATIONS, "add-address"].map((kind) => `${kind} 1`),
    );
    expect(result).toMatchObject({ applied: planned.length, skipped: 0, refused: [] });
    expect(planned.at(-1)).toBe("add-address 2");
    expect(node.passes.adopted).toMatchObject({ services: 0, addresses: 0, foreign: 0 });
  });

  test("nothing is written twice, and nothing is left for the next pass", async () => {
    const { node } = nodeOn(new FakeKernel());
    await node.pass();
    expect(new Set(node.wrote()).size).toBe(node.wrote().length);
    await node.pass();
    expect(node.wrote()).toEqual([]);
  });

  test("a refusal is told, tried again with the others, and hinders none of them", async () => {
    const kernel = new FakeKernel();
    const node = new NodeUnderTest(kernel);
    let refusals = 0;
    kernel.refuse = (operation) => {
      if (operation.kind !== "add-service" || refusals > 0) return undefined;
      refusals++;
      return "ENOMEM";
    };
    node.see([WEB, FIRST], SLICES);
    const { refused } = await node.pass();
    expect(refused).toHaveLength(1);
    expect([...kernel.table.entries()].map(([id]) => id).sort()).toEqual([
      "tcp/10.96.0.10:80",
      "tcp/10.96.0.1:80",
    ]);
  });
});

test("where something serves already it waits until it is known whose everything is", async () => {
  const kernel = new FakeKernel();
  kernel.addForeign({ key: tcp("192.0.2.1", 80), settings: SETTINGS }, []);
  const { node, planned } = nodeOn(kernel);
  await node.pass();
  expect(new Set(planned.map((text) => text.split(" ").at(-1)))).toEqual(new Set(["2"]));
  expect(node.passes.adopted).toMatchObject({ foreign: 1 });
});
