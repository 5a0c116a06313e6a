/** The rows about changes: in peace, of a big Service, under churn, and while half of all Services go. Pure. */
import type { ClusterSize } from "../cluster.ts";
import { median } from "../row.ts";
import type { NodeFigure } from "./inside.ts";
import { atSize } from "./life-rows.ts";
import type { NodeRow } from "./node-row.ts";
import type { BigServiceResult } from "./scenarios/big-service.ts";
import type { ChurnResult } from "./scenarios/churn.ts";
import type { TrashPhase, TrashResult } from "./scenarios/trash.ts";
import { sizeText } from "./size-text.ts";

const PERCENT = 100;
const MS_PER_S = 1_000;
/** What the heap breathes by itself. */
const GROWTH_MAX_PERCENT = 10;
const QUARTERS = 4;

/** Those of one boot. */
export function latencyRows(figures: readonly NodeFigure[], size: ClusterSize): NodeRow[] {
  const at = sizeText(size);
  const value = (scenario: string): unknown =>
    figures.find((figure) => figure.scenario === scenario)?.value ?? undefined;
  const { ours } = atSize(figures, size);
  const big = value("big-service") as BigServiceResult | undefined;
  const churn = value("churn") as ChurnResult | undefined;
  const storm = value("storm") as ChurnResult | undefined;
  const trash = value("trash") as TrashResult | undefined;
  const row = (what: string, figure: number | undefined, unit: string, most?: number): NodeRow => ({
    ...{ what, at, value: figure, unit },
    ...(most !== undefined && { target: { most, of: "value" as const } }),
    ...(figure === undefined && { note: "failed" }),
  });
  return [
    row("one endpoint changed, median", ours?.change?.medianMs, "ms", 20),
    row("  99th percentile", ours?.change?.p99Ms, "ms", 100),
    row("one more of 5,000 endpoints, median", big?.medianMs, "ms", 10),
    row("  messages for one", big && big.messages / big.changes, "", 1),
    ...churnRows({ at, ours: churn }),
    ...churnRows({ at, ours: storm, what: "churn: 200 events a second by a server of ours, told" }),
    ...trashRows({ at, ours: trash }),
  ];
}

/** How much more is resident in the last quarter of the time than in the first, by their medians. */
export function memoryGrowthPercent({ residentMb }: Pick<ChurnResult, "residentMb">): number {
  const quarter = Math.ceil(residentMb.length / QUARTERS);
  const [first, last] = [residentMb.slice(0, quarter), residentMb.slice(-quarter)];
  return (median(last) / median(first) - 1) * PERCENT;
}

/** The rows of Services that go and come while others change. */
export function trashRows({
  at,
  ours,
  peer,
}: {
  readonly at: string;
  readonly ours: TrashResult | undefined;
  readonly peer?: TrashResult | undefined;
}): NodeRow[] {
  const count = (ours ?? peer)?.services.toLocaleString("en-GB") ?? "half of all";
  const row = (
    what: string,
    unit: string,
    pick: (one: TrashResult) => number,
    most?: number,
  ): NodeRow => ({
    ...{ what, at, unit, value: ours && pick(ours), peer: peer && pick(peer) },
    ...(most !== undefined && { target: { most, of: "value" as const } }),
    ...(ours === undefined && { note: "failed" }),
  });
  const phase = (what: string, of: (one: TrashResult) => TrashPhase): NodeRow[] => [
    row(
      `while ${count} Services ${what} at once: others' changes, median`,
      "ms",
      (one) => of(one).medianMs,
    ),
    row("  99th percentile", "ms", (one) => of(one).p99Ms),
    row("  worst", "ms", (one) => of(one).worstMs, 100),
    row("  all of them in force after", "s", (one) => of(one).tookMs / MS_PER_S),
  ];
  return [
    ...phase("go", ({ whileDeleting }) => whileDeleting),
    ...phase("come", ({ whileAdding }) => whileAdding),
  ];
}

/** The rows of endpoints that change all the time. */
export function churnRows({
  at,
  ours,
  peer,
  what: heading = "churn: changes a second that the server took (of 200)",
}: {
  readonly at: string;
  readonly ours: ChurnResult | undefined;
  readonly peer?: ChurnResult | undefined;
  readonly what?: string;
}): NodeRow[] {
  const row = (
    what: string,
    unit: string,
    pick: (churn: ChurnResult) => number | null,
    most?: number,
  ): NodeRow => ({
    ...{ what, at, unit, value: ours && (pick(ours) ?? undefined) },
    peer: peer && (pick(peer) ?? undefined),
    ...(most !== undefined && { target: { most, of: "value" as const } }),
    ...(ours === undefined && { note: "failed" }),
  });
  return [
    row(heading, "/s", (one) => one.changesPerS),
    row("  lag, median", "ms", ({ lag }) => lag.medianMs),
    row("  lag, 99th percentile", "ms", ({ lag }) => lag.p99Ms),
    row("  lag, worst", "ms", ({ lag }) => lag.worstMs, 1_000),
    row("  share of the processor", "%", (one) => one.processorShare * PERCENT, 50),
    row("  longest wait of the event loop", "ms", (one) => one.eventLoopDelayMs, 20),
    row("  memory, last quarter against the first", "%", memoryGrowthPercent, GROWTH_MAX_PERCENT),
  ];
}
