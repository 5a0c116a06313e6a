/** What a first pass costs: the packet filter's writes are no part of plan, encode and send. */
import { expect, test } from "vitest";
import type { Figure, FullRun } from "../../bench/figure.ts";
import { passRows } from "../../bench/pass-rows.ts";

const SPREAD = { medianMs: 1, p99Ms: 2, worstMs: 3 };
const RUN: FullRun = {
  first: {
    ...{ tookMs: 1_000, otherMs: 200, ipvsWriteMs: 100, addressWriteMs: 300, filterWriteMs: 350 },
    ...{ readMs: 50, ipvsMessages: 110_000, addressMessages: 10_000, filterObjects: 10_000 },
    refused: 0,
  },
  idle: SPREAD,
  change: { ...SPREAD, changes: 1, messages: 1 },
  restart: { tookMs: 1, readMs: 1, messages: 0 },
};
const FIGURES: Figure[] = [
  { kind: "floor", what: "ipvs", batch: 500, errors: 0, ms: 150 },
  { kind: "full", value: RUN },
];

test("the packet filter has a row of its own, and the others are held against twice the floor", () => {
  const rows = passRows(FIGURES);
  const [first] = rows;
  expect(first).toMatchObject({ value: 300, floor: 150, target: { most: 2, of: "ratio" } });
  expect(
    rows.find(({ what }) => what.endsWith("10,000 elements of the packet filter"))?.value,
  ).toBe(350);
});
