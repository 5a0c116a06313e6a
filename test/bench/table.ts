/** The benchmark's figures as a table with ratios and targets, and as JSON. Pure. */
import { tableText } from "../../src/cli/table.ts";

interface Spread {
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly worstMs: number;
}

interface FullRun {
  readonly first: {
    readonly tookMs: number;
    readonly otherMs: number;
    readonly ipvsWriteMs: number;
    readonly addressWriteMs: number;
    readonly readMs: number;
    readonly ipvsMessages: number;
    readonly addressMessages: number;
    readonly refused: number;
  };
  readonly idle: Spread;
  readonly change: Spread & { readonly changes: number; readonly messages: number };
  readonly restart: { readonly tookMs: number; readonly readMs: number; readonly messages: number };
}

/** One line that the program inside reports. */
export type Figure =
  | { readonly kind: "kernel"; readonly text: string }
  | {
      readonly kind: "floor";
      readonly what: "ipvs" | "addresses";
      readonly batch: number;
      readonly errors: number;
      readonly ms: number;
    }
  | { readonly kind: "full"; readonly value: FullRun }
  | { readonly kind: "profile"; readonly value: readonly { function: string; percent: number }[] }
  | {
      readonly kind: "memory";
      readonly startToSyncMs: number;
      readonly firstSyncMs: number;
      readonly residentMb: number;
      readonly peakMb: number;
    };

interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** Of the floor in the same boot, where there is one. */
  readonly floor?: number;
  readonly target?: { readonly most: number; readonly of: "ratio" | "value" };
}

/** The table, the rows whose target is missed, and all figures. */
export function benchTable(
  figures: readonly Figure[],
  engine: string,
): { text: string; targetsMissed: string[]; json: unknown } {
  const rows = rowsOf(figures);
  const title = ["WHAT", "MEASURED", "FLOOR IN C", "RATIO", "TARGET", ""];
  const table = tableText([title, ...rows.map(cellsOf)]);
  const kernel = figures.find((figure) => figure.kind === "kernel")?.text ?? "";
  const text = `${engine}: ${kernel}\n\n${table}\n${profileText(figures)}`;
  const targetsMissed = rows
    .filter(({ value, floor, target }) => target && !isMet(value, floor, target))
    .map(({ what }) => what);
  return { text, targetsMissed, json: { engine, kernel, rows, figures } };
}

function cellsOf({ what, value, unit, floor, target }: Row): string[] {
  const digits = unit === "ms" && value < 100 ? 2 : 0;
  const against =
    floor === undefined ? ["", ""] : [`${floor.toFixed(0)} ms`, `${(value / floor).toFixed(2)} x`];
  const aim = target
    ? [
        `<= ${target.most} ${target.of === "ratio" ? "x" : unit}`,
        isMet(value, floor, target) ? "ok" : "MISSED",
      ]
    : ["", ""];
  return [what, `${value.toFixed(digits)} ${unit}`, ...against, ...aim];
}

function rowsOf(figures: readonly Figure[]): Row[] {
  const runs = figures.filter((figure) => figure.kind === "full").map(({ value }) => value);
  const floors = figures.filter((figure) => figure.kind === "floor");
  const floorOf = (what: "ipvs" | "addresses"): number => {
    const found = floors.filter((figure) => figure.what === what);
    // The floor at its best batch size: the median of each, and of those the least.
    const batches = [...new Set(found.map(({ batch }) => batch))];
    const medians = batches.map((batch) =>
      median(found.filter((figure) => figure.batch === batch).map(({ ms }) => ms)),
    );
    return Math.min(...medians);
  };
  const of = (pick: (run: FullRun) => number): number => median(runs.map(pick));
  const memory = figures.find((figure) => figure.kind === "memory");
  return [
    {
      what: "first pass, 110,000 IPVS objects: plan, diff, encode, send",
      value: of(({ first }) => first.otherMs + first.ipvsWriteMs),
      unit: "ms",
      floor: floorOf("ipvs"),
      target: { most: 3, of: "ratio" },
    },
    {
      what: "  of that plan, merge, diff, mirror",
      value: of(({ first }) => first.otherMs),
      unit: "ms",
    },
    { what: "  of that encode and send", value: of(({ first }) => first.ipvsWriteMs), unit: "ms" },
    {
      what: "first pass, 10,000 addresses on kube-ipvs0",
      value: of(({ first }) => first.addressWriteMs),
      unit: "ms",
      floor: floorOf("addresses"),
      target: { most: 2, of: "ratio" },
    },
    {
      what: "one endpoint changed, event to acknowledgement, median",
      value: of(({ change }) => change.medianMs),
      unit: "ms",
      target: { most: 5, of: "value" },
    },
    {
      what: "  the same, 99th percentile",
      value: of(({ change }) => change.p99Ms),
      unit: "ms",
      target: { most: 20, of: "value" },
    },
    {
      what: "  IPVS messages for one change",
      value: of(({ change }) => change.messages / change.changes),
      unit: "messages",
      target: { most: 1, of: "value" },
    },
    {
      what: "a pass with nothing to do, median",
      value: of(({ idle }) => idle.medianMs),
      unit: "ms",
      target: { most: 1, of: "value" },
    },
    {
      what: "restart on a correct table, writing messages",
      value: of(({ restart }) => restart.messages),
      unit: "messages",
      target: { most: 0, of: "value" },
    },
    { what: "  and its time", value: of(({ restart }) => restart.tookMs), unit: "ms" },
    {
      what: "kube-ipvs run, process start to first sync",
      value: memory?.startToSyncMs ?? Number.NaN,
      unit: "ms",
    },
    {
      what: "  resident memory, quiet",
      value: memory?.residentMb ?? Number.NaN,
      unit: "MB",
      target: { most: 150, of: "value" },
    },
    { what: "  its peak", value: memory?.peakMb ?? Number.NaN, unit: "MB" },
  ];
}

function isMet(value: number, floor: number | undefined, { most, of }: NonNullable<Row["target"]>) {
  return (of === "ratio" ? value / (floor ?? Number.NaN) : value) <= most;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function profileText(figures: readonly Figure[]): string {
  const shares = figures.find((figure) => figure.kind === "profile")?.value ?? [];
  const rows = shares.map(({ function: name, percent }) => [`${percent.toFixed(1)} %`, name]);
  return `Where the time of a first pass goes (samples in the event loop's thread):\n${tableText(rows)}`;
}
