/** The rows about changes: in peace, of a big Service, under churn, and while half of all Services go. Pure. */
import type { ClusterSize } from "../cluster.ts";
import { median } from "../row.ts";
import type { Spread } from "../spread.ts";
import type { ProbedHalves } from "./burst.ts";
import type { NodeFigure } from "./inside.ts";
import type { NodeRow } from "./node-row.ts";
import { type Pair, type PairRow, pairOf, pairRow } from "./pair.ts";
import type { BigServiceResult } from "./scenarios/big-service.ts";
import type { ChurnResult } from "./scenarios/churn.ts";
import type { LifeResult } from "./scenarios/life.ts";
import type { TrashResult } from "./scenarios/trash.ts";
import type { TrashFloor } from "./scenarios/trash-watch.ts";
import type { WatchResult } from "./scenarios/watch.ts";

const PERCENT = 100;
const MS_PER_S = 1_000;
const QUARTERS = 4;
const CHURN_BY_SERVER = "churn: changes a second that the server took (of 200)";
const CHURN_BY_US = "churn: 200 events a second by a server of ours, told";

/** Those of one size, of all that was done there. */
export function latencyRows(figures: readonly NodeFigure[], size: ClusterSize): NodeRow[] {
  return [
    ...oneChangeRows(
      pairOf(figures, size, "life"),
      pairOf<WatchResult>(figures, size, "watch").ours?.change,
    ),
    ...churnRows(pairOf(figures, size, "churn"), CHURN_BY_SERVER),
    ...badTimesRows(figures, size),
  ];
}

/** Those that are not of a proxy's life, for whom there is more than one change at a time. */
export function badTimesRows(figures: readonly NodeFigure[], size: ClusterSize): NodeRow[] {
  return [
    ...bigServiceRows(pairOf(figures, size, "big-service")),
    ...churnRows(pairOf(figures, size, "storm"), CHURN_BY_US),
    ...trashRows(
      pairOf(figures, size, "trash"),
      pairOf<TrashFloor>(figures, size, "trash-watch").ours,
    ),
  ];
}

/** `floor`: when a bare watch hears of such a change. */
function oneChangeRows(pair: Pair<LifeResult>, floor: Spread | undefined): NodeRow[] {
  return rowsOf(pair, [
    {
      ...{ what: "one endpoint changed, median", unit: "ms", most: 20 },
      ...{ floor: floor?.medianMs, pick: ({ change }) => change?.medianMs ?? null },
    },
    {
      ...{ what: "  99th percentile", unit: "ms", most: 100 },
      ...{ floor: floor?.p99Ms, pick: ({ change }) => change?.p99Ms ?? null },
    },
  ]);
}

function bigServiceRows(pair: Pair<BigServiceResult>): NodeRow[] {
  return rowsOf(pair, [
    {
      ...{ what: "one more of 5,000 endpoints, median", unit: "ms", most: 10 },
      pick: ({ medianMs }) => medianMs,
    },
    {
      ...{ what: "  messages for one", unit: "", most: 1 },
      pick: ({ messages, changes }) => (messages === null ? null : messages / changes),
    },
  ]);
}

/** How much more is resident in the last quarter of the time than in the first, by their medians. */
export function memoryGrowthPercent({ residentMb }: Pick<ChurnResult, "residentMb">): number {
  const quarter = Math.ceil(residentMb.length / QUARTERS);
  const [first, last] = [residentMb.slice(0, quarter), residentMb.slice(-quarter)];
  return (median(last) / median(first) - 1) * PERCENT;
}

function mostMb({ residentMb }: Pick<ChurnResult, "residentMb">): number {
  return Math.max(...residentMb);
}

/**
 * The rows of Services that go and come while others change. `floor`: when a bare watch hears of the same, and how
 * long C alone takes to write what comes.
 */
export function trashRows(pair: Pair<TrashResult>, floor?: TrashFloor): NodeRow[] {
  const count = (pair.ours ?? pair.peer)?.services.toLocaleString("en-GB") ?? "half of all";
  const phase = (what: string, of: keyof ProbedHalves): PairRow<TrashResult>[] => {
    const least = floor?.[of];
    return [
      {
        what: `while ${count} Services ${what} at once: others' changes, median`,
        ...{ unit: "ms", floor: least?.medianMs, pick: (one) => one[of].medianMs },
      },
      {
        ...{ what: "  99th percentile", unit: "ms", floor: least?.p99Ms },
        pick: (one) => one[of].p99Ms,
      },
      {
        ...{ what: "  worst", unit: "ms", floor: least?.worstMs, most: 100 },
        pick: (one) => one[of].worstMs,
      },
      {
        ...{ what: "  all of them in force after", unit: "s" },
        ...{ floor: floor && inForceMs(floor, of) / MS_PER_S },
        pick: (one) => one[of].tookMs / MS_PER_S,
      },
    ];
  };
  return rowsOf(pair, [...phase("go", "whileDeleting"), ...phase("come", "whileAdding")]);
}

function inForceMs(floor: TrashFloor, of: keyof ProbedHalves): number {
  return of === "whileAdding" ? floor.kernelAddsMs : floor[of].tookMs;
}

function churnRows(pair: Pair<ChurnResult>, what: string): NodeRow[] {
  return rowsOf(pair, [
    { what, unit: "/s", pick: (one) => one.changesPerS },
    { what: "  lag, median", unit: "ms", pick: ({ lag }) => lag.medianMs },
    { what: "  lag, 99th percentile", unit: "ms", pick: ({ lag }) => lag.p99Ms },
    { what: "  lag, worst", unit: "ms", pick: ({ lag }) => lag.worstMs, most: 1_000 },
    {
      ...{ what: "  share of the processor", unit: "%", most: 50 },
      pick: (one) => one.processorShare * PERCENT,
    },
    {
      ...{ what: "  longest wait of the event loop", unit: "ms", most: 20 },
      pick: (one) => one.eventLoopDelayMs,
    },
    {
      ...{ what: "  longest wait of the bench's own event loop", unit: "ms" },
      pick: (one) => one.ownDelayMs,
    },
    {
      ...{ what: "  longest time without the end of a pass", unit: "ms" },
      pick: (one) => one.passGapMs,
    },
    {
      ...{ what: "  memory, more in the last quarter than in the first", unit: "%", most: 0 },
      pick: memoryGrowthPercent,
    },
    { what: "  resident memory at its most", unit: "MB", pick: mostMb },
  ]);
}

/** None of what nobody was asked for. */
function rowsOf<T>(pair: Pair<T>, rows: readonly PairRow<T>[]): NodeRow[] {
  const { ours, peer, note, peerNote } = pair;
  if ([ours, peer, note, peerNote].every((one) => one === undefined)) return [];
  return rows.map((row) => pairRow(pair, row));
}
