/** The arithmetic from 100 watch clients to 5,000 nodes, and its place in the page. */
import { expect, test } from "vitest";
import type { FanOut, ListCost } from "../../bench/fanout/inside.ts";
import { projection } from "../../bench/fanout/projection.ts";
import { withMeasured } from "../../bench/markdown.ts";

function watches(format: FanOut["format"], bytes: number): FanOut[] {
  return [1, 100].map((watchers) => ({
    ...{ kind: "watch", format, watchers, changes: 100, lastSeenMs: 3 },
    // 1 ms a change, and 0.1 ms for each client more.
    ...{ serverS: 0.1 + (watchers - 1) * 0.01, bytes: watchers * 100 * bytes },
  }));
}

function list(format: ListCost["format"], bytes: number): ListCost {
  return { kind: "list", format, objects: 1_000, serverS: 0.5, bytes };
}

const WATCHES = [...watches("json", 4_000), ...watches("protobuf", 2_000)];
const LISTS = [list("json", 4e6), list("protobuf", 2e6)];

test("the slope between 1 and 100 clients is what 5,000 pay", () => {
  const text = projection(WATCHES, LISTS, "One boot");
  expect(text).toContain("One boot.");
  expect(text).toContain("| json | 100 | 10.9 ms | 4000 | 3 ms |");
  // 0.1 ms x 5,000 clients x 20 changes a second are 10 s of work a second.
  expect(text).toMatch(/20 x 5,000 x 0\.10 ms = 10 processors/);
  expect(text).toMatch(/20 x 2000 = 40 kB\/s, and 5,000 nodes get 200 MB\/s/);
  expect(text).toMatch(/list of 10,000 slices is 20 MB/);
});

test("a figure that is missing is an error, not a page with holes", () => {
  expect(() => projection(WATCHES.slice(1), LISTS, "One boot")).toThrow(/no figure of 1 clients/);
  expect(() => projection(WATCHES, LISTS.slice(1), "One boot")).toThrow(/no list in json/);
});

test("the text takes the place between the marks, again and again", () => {
  const page = "before\n<!-- measured: begin -->\nold\n<!-- measured: end -->\nafter\n";
  const once = withMeasured(page, "new");
  expect(once).toBe("before\n<!-- measured: begin -->\nnew\n<!-- measured: end -->\nafter\n");
  expect(withMeasured(once, "new")).toBe(once);
  expect(() => withMeasured("no marks", "new")).toThrow(/has no/);
});
