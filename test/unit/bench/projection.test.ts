/** The arithmetic from 100 watch clients to 5,000 nodes, and its place in the page. */
import { expect, test } from "vitest";
import { slopeMs } from "../../bench/fanout/fan-out-points.ts";
import type { FanOut, ListCost } from "../../bench/fanout/inside.ts";
import { projection } from "../../bench/fanout/projection.ts";
import { withMeasured } from "../../bench/markdown.ts";

/** Three rounds: one as it is, one in which the machine was busy, and one that was lucky. */
function watches(format: FanOut["format"], bytes: number): FanOut[] {
  return [0, 0.07, -0.02].flatMap((busyS) =>
    [1, 51, 101].map((watchers) => ({
      ...{ kind: "watch" as const, format, watchers, changes: 100, lastSeenMs: 3 },
      // 1 ms a change, and 0.1 ms for each client more.
      ...{ serverS: 0.1 + (watchers - 1) * 0.01 + busyS, bytes: watchers * 100 * bytes },
    })),
  );
}

/** At the head of a watch it costs the server half. */
function lists(format: ListCost["format"], bytes: number): ListCost[] {
  const common = { kind: "list", format, objects: 1_000, bytes } as const;
  return [
    { ...common, way: "pages", serverS: 0.5 },
    { ...common, way: "watch", serverS: 0.25 },
  ];
}

const WATCHES = [...watches("json", 4_000), ...watches("protobuf", 2_000)];
const LISTS = [...lists("json", 4e6), ...lists("protobuf", 2e6)];

test("the slope through all counts of clients is what 5,000 pay", () => {
  const text = projection(WATCHES, LISTS, "One boot");
  expect(text).toContain("One boot.");
  expect(text).toContain("| json | 101 | 11.0 ms | 10.8 to 11.7 ms | 4000 | 3 ms |");
  // 0.1 ms x 5,000 clients x 20 changes a second are 10 s of work a second.
  expect(text).toMatch(/20 x 5,000 x 0\.10 ms = 10 processors/);
  expect(text).toMatch(/20 x 2000 = 40 kB\/s, and 5,000 nodes get 200 MB\/s/);
  expect(text).toContain("in pages of 500: 20 MB and 5.0 s of that processor;");
  expect(text).toContain(
    "5,000 x 20 MB / 600 s = 167 MB/s and 5,000 x 5.0 s / 600 s = 42 processors",
  );
  expect(text).toContain("at the head of a watch: 20 MB and 2.5 s of that processor;");
  expect(text).toContain("5,000 x 2.5 s / 600 s = 21 processors");
});

test("one count of clients that is far off does not make the slope", () => {
  const points = [0, 50, 100].map((watchers) => ({
    ...{ watchers, serverMs: 1 + 0.1 * watchers, leastMs: 1, mostMs: 9, bytes: 1, lastSeenMs: 1 },
  }));
  expect(slopeMs(points)).toBeCloseTo(0.1);
  const off = points.map((one) => (one.watchers === 50 ? { ...one, serverMs: 90 } : one));
  expect(slopeMs(off)).toBeCloseTo(0.1);
});

test("a figure that is missing is an error, not a page with holes", () => {
  const onlyJson = WATCHES.filter(({ format }) => format === "json");
  expect(() => projection(onlyJson, LISTS, "One boot")).toThrow(/no figure .* in protobuf/);
  expect(() => projection(WATCHES, LISTS.slice(1), "One boot")).toThrow(/no list in json, pages/);
});

test("the text takes the place between the marks, again and again", () => {
  const page = "before\n<!-- measured: begin -->\nold\n<!-- measured: end -->\nafter\n";
  const once = withMeasured(page, "new");
  expect(once).toBe("before\n<!-- measured: begin -->\nnew\n<!-- measured: end -->\nafter\n");
  expect(withMeasured(once, "new")).toBe(once);
  expect(() => withMeasured("no marks", "new")).toThrow(/has no/);
});
