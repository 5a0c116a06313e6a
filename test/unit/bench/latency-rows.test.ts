/** The rows about changes in bad times. */
import { expect, test } from "vitest";
import type { NodeFigure } from "../../bench/node/inside.ts";
import {
  badTimesRows,
  latencyRows,
  memoryGrowthPercent,
  trashRows,
} from "../../bench/node/latency-rows.ts";
import { missed } from "../../bench/node/node-row.ts";
import type { ChurnResult } from "../../bench/node/scenarios/churn.ts";

const SIZE = { services: 10_000, endpointsPerService: 10 };
const AT = "10,000 x 10";
const LAG = { medianMs: 10, p99Ms: 90, worstMs: 120 };

test("the worst of all probes is what is held against 100 ms", () => {
  const phase = { ...LAG, probes: 100, tookMs: 4_000 };
  const heard = { medianMs: 1, p99Ms: 2, worstMs: 3, probes: 100, tookMs: 500 };
  const ours = { services: 5_000, whileDeleting: { ...phase, worstMs: 99 }, whileAdding: phase };
  const rows = trashRows(
    { at: AT, peer: undefined, ours },
    { whileDeleting: heard, whileAdding: heard, kernelAddsMs: 3_000 },
  );
  expect(rows[0]?.what).toBe("while 5,000 Services go at once: others' changes, median");
  expect(rows.map(({ value }) => value)).toEqual([...[10, 90, 99, 4], ...[10, 90, 120, 4]]);
  expect(rows.map(({ floor }) => floor)).toEqual([1, 2, 3, 0.5, 1, 2, 3, 3]);
  expect(missed(rows)).toEqual([`  worst, ${AT}`]);
});

test("a peer that was not asked for more says why, in each row", () => {
  const late = "no first sync within 900 s";
  const figures = (["big-service", "storm", "trash"] as const).map(
    (scenario): NodeFigure => ({
      ...{ subject: "kube-proxy", scenario, size: SIZE, value: null, late, serverProcessorS: 0 },
    }),
  );
  const rows = badTimesRows(figures, SIZE);
  expect(rows.length).toBeGreaterThan(10);
  for (const row of rows) expect(row).toMatchObject({ peerNote: late, note: "not measured" });
});

test("memory that breathes has not grown, and memory that climbs has", () => {
  const breath = (index: number): number => (index % 7 === 0 ? 30 : 0);
  const steady = Array.from({ length: 120 }, (_, index) => 100 + breath(index));
  expect(memoryGrowthPercent({ residentMb: steady })).toBe(0);
  const climbing = steady.map((megabytes, index) => megabytes + index / 6);
  expect(memoryGrowthPercent({ residentMb: climbing })).toBeGreaterThan(10);
});

test("memory that grows under churn is a target that is missed", () => {
  const value: ChurnResult = {
    ...{
      changesPerS: 200,
      lag: LAG,
      probes: 300,
      processorShare: 0.3,
      eventLoopDelayMs: 5,
      ownDelayMs: 4,
      passGapMs: 90,
    },
    residentMb: [100, 100, 120, 125],
  };
  const figure: NodeFigure = {
    ...{ subject: "kube-ipvs", scenario: "storm", size: SIZE, value, serverProcessorS: 0 },
  };
  // There is no row of what was not asked for.
  const storm = latencyRows([figure], SIZE);
  expect(storm.map(({ what }) => what.trim())).toContain("lag, 99th percentile");
  // Whose wait a lag was.
  expect(storm.map(({ value }) => value)).toEqual(expect.arrayContaining([5, 4, 90]));
  expect(missed(storm)).toEqual([`  memory, more in the last quarter than in the first, ${AT}`]);
  expect(storm.find(({ what }) => what.includes("at its most"))?.value).toBe(125);
});
