/** Bursts in parts: who comes first, who never starves, and how the parts find their size. */
import { expect, test } from "vitest";
import { Portions } from "../../../src/agent/portions.ts";
import { listOf, PORTION } from "./names-on-a-list.ts";
import { NodeUnderTest, shop } from "./node-under-test.ts";

test("what is little is taken whole, in its order", () => {
  const { take } = listOf("new-1", "serving-1");
  expect(take()).toEqual(["new-1", "serving-1"]);
  expect(take()).toEqual([]);
});

test("of a burst those that serve come first, the others in between, and what goes last", () => {
  const { take, dirty } = listOf("new-1", "gone-1", "new-2", "serving-1", "gone-2");
  expect(take()).toEqual(["serving-1"]);
  expect(take()).toEqual(["new-1", "new-2"]);
  for (const name of ["serving-2", "new-3"]) dirty.add(name);
  expect(take()).toEqual(["serving-2"]);
  dirty.add("new-4").add("new-5");
  expect(take()).toEqual(["new-3", "new-4"]);
  expect(take()).toEqual(["new-5", "gone-1", "gone-2"]);
  expect(dirty.size).toBe(0);
});

test("what waits and exists is planned with a part that gives something up", () => {
  const { portions, take, gives, dirty } = listOf("gone-1", "serving-1", "serving-2", "new-1");
  expect(take()).toEqual(["serving-1", "serving-2"]);
  dirty.add("serving-3");
  const current = { entry: () => undefined, hasAddress: () => false };
  expect(portions.takeClaimants(current)).toEqual([]);
  gives.up = true;
  expect(portions.takeClaimants(current)).toEqual(["new-1", "serving-3"]);
  expect(take()).toEqual(["gone-1"]);
});

test("the others do not starve, however many of those that serve there are", () => {
  const { take, dirty } = listOf("serving-0", "new-1", "new-2", "gone-1");
  const passes: string[][] = [];
  for (let i = 1; i <= 4; i++) {
    passes.push([...take()]);
    for (const serving of ["a", "b", "c"]) dirty.add(`serving-${i}${serving}`);
  }
  expect(passes).toEqual([
    ["serving-0"],
    ["new-1", "new-2"],
    ["serving-1a", "serving-1b", "serving-1c", "serving-2a", "serving-2b", "serving-2c"],
    ["gone-1"],
  ]);
});

test("what goes does not starve, however long something comes", () => {
  const { take, dirty } = listOf("gone-1", "gone-2", "gone-3", "gone-4", "gone-5");
  for (let pass = 0; pass < 3; pass++) {
    dirty.add(`new-${pass}`);
    take();
  }
  expect([...dirty]).toEqual([]);
});

/** Lists of one kind, taken one after the other. */
function burst() {
  const { portions, dirty, take: takeAny } = listOf();
  const take = (kind: "new" | "gone" | "serving", count = 9): number => {
    dirty.clear();
    for (let i = 0; i < count; i++) dirty.add(`${kind}-${i}`);
    return takeAny().length;
  };
  return {
    portions,
    dirty,
    takeAny,
    take,
    /** The size of the part after one that took so long. */
    next: (tookMs: number): number => {
      portions.took(tookMs);
      return take("new");
    },
  };
}

test("a part is as large as takes 40 ms, between its bounds, and grows twofold at most", () => {
  const { take, next } = burst();
  expect(take("new", 1)).toBe(1);
  expect(next(1)).toBe(2);
  expect(next(26)).toBe(3);
  expect(next(0)).toBe(4);
  expect(next(80)).toBe(2);
  expect(next(1_000)).toBe(1);
  expect(next(20)).toBe(2);
  expect(next(0)).toBe(4);
});

test("a pass over less than a part, or over others, says nothing of a part", () => {
  const { dirty, takeAny, take, next } = burst();
  expect(take("new")).toBe(2);
  expect(next(0)).toBe(4);
  dirty.clear();
  for (const name of ["new-1", "gone-1", "gone-2", "gone-3"]) dirty.add(name);
  expect(takeAny()).toEqual(["new-1", "gone-1", "gone-2"]);
  expect(next(1_000)).toBe(4);
  dirty.clear();
  for (const name of ["new-1", "serving-1", "serving-2"]) dirty.add(name);
  expect(takeAny()).toEqual(["serving-1", "serving-2"]);
  expect(next(1_000)).toBe(4);
});

test("where passes are to be rare a burst begins with as many as fit between them", () => {
  const { options, dirty } = listOf();
  const rare = new Portions({ ...options, minSyncPeriodMs: 80 });
  for (let i = 0; i < 9; i++) dirty.add(`new-${i}`);
  expect(rare.take(0)).toHaveLength(4);
});

test("what goes is no measure of what comes, and each burst begins anew", () => {
  const { portions, take, next } = burst();
  expect(take("gone")).toBe(2);
  portions.took(1);
  expect(take("gone")).toBe(4);
  expect(next(1)).toBe(2);
  expect(next(1)).toBe(4);
  expect(take("new", 2)).toBe(2);
  expect(take("new")).toBe(2);
});

test("a burst begins anew also where those that serve go on changing", () => {
  const { take, next } = burst();
  expect(take("new")).toBe(2);
  expect(next(0)).toBe(4);
  expect(take("serving")).toBe(9);
  expect(take("new")).toBe(2);
});

test("where every pass is slow a part takes three times as long as the quickest, and 200 ms at most", () => {
  const { take, next } = burst();
  expect(take("serving")).toBe(9);
  expect(next(50)).toBe(2);
  // 150 ms are to be used.
  expect(next(150)).toBe(2);
  expect(next(300)).toBe(1);
  // Parts do not become the measure of themselves.
  for (let i = 0; i < 20; i++) expect(next(150)).toBe(1);
  // What other passes take is hardly one.
  expect(take("serving")).toBe(9);
  expect(next(9_000)).toBe(2);
  expect(next(160)).toBe(2);
  expect(next(300)).toBe(1);
});

/** A node that has been told of so many Services, each on an address of its own. */
function nodeWith(count: number) {
  const node = new NodeUnderTest(undefined, { portion: { ...PORTION, max: 2 } });
  const shops = Array.from({ length: count }, (_, index) => shop(`web-${index}`, 10 + index));
  node.see(
    shops.map(({ service }) => service),
    shops.map(({ slice }) => slice),
  );
  return { node, shops };
}

test("a burst is written in parts, and a first reading is not", async () => {
  const { node, shops } = nodeWith(9);
  expect(await node.pass()).toMatchObject({ left: 0 });
  const [first, ...others] = shops;
  if (!first) throw new Error("no Service");
  for (const { service } of others) node.remove(service.name);
  node.putSlice({ ...first.slice, endpoints: shops.flatMap(({ slice }) => slice.endpoints) });
  expect(await node.pass()).toMatchObject({ planned: ["shop/web-0"], left: 8 });
  expect(node.addresses()).toHaveLength(9);
  expect(await node.pass()).toMatchObject({ planned: ["shop/web-1", "shop/web-2"], left: 6 });
  expect(node.addresses()).toHaveLength(7);
  for (let left = 6; left > 0; left = (await node.pass()).left);
  expect(node.addresses()).toEqual(["10.96.0.10"]);
});

test("in a burst an address that moves to another Service stays bound, and its virtual service there", async () => {
  const { node, shops } = nodeWith(6);
  await node.pass();
  const moved = "10.96.0.10";
  for (const { service } of shops.slice(1, 5)) node.put({ ...service, createdMs: 1 });
  node.put(shop("web-0", 99).service);
  node.put(shop("web-5", 10).service);
  for (let left = 1; left > 0; ) {
    left = (await node.pass()).left;
    expect(node.addresses()).toContain(moved);
    expect(node.wrote().join()).not.toContain(`delete-service tcp/${moved}`);
  }
  expect(node.table()).toContain("-a -t 10.96.0.10:80 -r 10.1.0.15:8080");
});

test("in a burst a virtual service that a new Service takes over is never without endpoints", async () => {
  const { node, shops } = nodeWith(6);
  const [before, ...others] = shops;
  if (!before) throw new Error("no Service");
  node.put({ ...before.service, createdMs: 9 });
  await node.pass();
  // The older one wins.
  const after = shop("new", 10, { createdMs: 1 });
  for (const { service } of others) node.put({ ...service, createdMs: 2 });
  node.putSlice({ ...before.slice, endpoints: [] });
  node.put(after.service);
  node.putSlice(after.slice);
  for (let left = 1; left > 0; ) {
    left = (await node.pass()).left;
    expect(node.table()).toMatch(/-a -t 10\.96\.0\.10:80 -r \S+ -m -w 1/);
  }
});
