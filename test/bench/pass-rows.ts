/** The benchmark's rows about whole passes, single changes and memory. Pure. */
import type { Figure, FullRun } from "./figure.ts";
import { median, type Row } from "./row.ts";

/** Those of `figures`. */
export function passRows(figures: readonly Figure[]): Row[] {
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
      target: { most: 2, of: "ratio" },
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
      what: `first pass, ${of(({ first }) => first.filterObjects).toLocaleString("en-GB")} elements of the packet filter`,
      value: of(({ first }) => first.filterWriteMs),
      unit: "ms",
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
