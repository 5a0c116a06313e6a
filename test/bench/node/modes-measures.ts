/** What is compared of kube-proxy's modes, and what each came to. Pure. */
import type { NodeFigure } from "./inside.ts";
import type { SubjectName } from "./node-task.ts";
import type { TrafficResult } from "./scenarios/traffic.ts";

/** The modes, and what they are called. */
export const MODES = {
  userspace: "userspace",
  iptables: "iptables",
  nftables: "nftables",
  "kube-ipvs": "IPVS by kube-ipvs",
} as const satisfies Partial<Record<SubjectName, string>>;

/** One of them. */
export type Mode = keyof typeof MODES;

/** One thing that was measured. */
export interface ModeMeasure {
  /** Of its chart's file. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly pick: (result: TrafficResult) => number;
  /** The same without any proxy. */
  readonly floor?: (result: TrafficResult) => number;
  /** Up to so many times as much as the best is the same; {@link SAME} when absent. */
  readonly same?: number;
}

/** True when the two are not told apart. */
export function isSame({ same = SAME }: ModeMeasure, value: number, best: number): boolean {
  return value <= best * same;
}

const MS_PER_S = 1_000;
/** So much more than the best is no difference: figures of one boot differ as much from those of another. */
const SAME = 1.5;
/** The quickest of thousands waited for nobody, and differs less. */
const SAME_OF_QUICKEST = 1.1;

/** All that is shown. */
export const MEASURES: readonly ModeMeasure[] = [
  {
    name: "modes-connect",
    title: "New connection and its answer, median",
    unit: "ms",
    pick: ({ proxied }) => proxied.fresh.median,
    floor: ({ direct }) => direct.fresh.median,
  },
  {
    name: "modes-connect-least",
    title: "New connection and its answer, the quickest",
    unit: "ms",
    same: SAME_OF_QUICKEST,
    pick: ({ proxied }) => proxied.fresh.min,
    floor: ({ direct }) => direct.fresh.min,
  },
  {
    name: "modes-connect-p99",
    title: "New connection and its answer, 99th percentile",
    unit: "ms",
    pick: ({ proxied }) => proxied.fresh.p99,
    floor: ({ direct }) => direct.fresh.p99,
  },
  {
    name: "modes-kept",
    title: "Request on a connection that is kept, median",
    unit: "ms",
    pick: ({ proxied }) => proxied.kept.median,
    floor: ({ direct }) => direct.kept.median,
  },
  {
    name: "modes-kept-p99",
    title: "Request on a connection that is kept, 99th percentile",
    unit: "ms",
    pick: ({ proxied }) => proxied.kept.p99,
    floor: ({ direct }) => direct.kept.p99,
  },
  {
    name: "modes-processor",
    title:
      "Processor time of 1,000 new connections that come at 100 a second, clients and pods included",
    unit: "ms",
    pick: ({ proxied }) => proxied.atRate.processorMsPer1000,
    floor: ({ direct }) => direct.atRate.processorMsPer1000,
  },
  {
    name: "modes-share",
    title: "Share of the processor at 100 new connections a second",
    unit: "%",
    pick: ({ proxied }) => proxied.atRate.processorPercent,
    floor: ({ direct }) => direct.atRate.processorPercent,
  },
  {
    name: "modes-change",
    title: "All endpoints of a Service replaced by one: in force, median",
    unit: "ms",
    pick: ({ change }) => change.medianMs,
  },
  {
    name: "modes-set-up",
    title: "Process start to all Services in force",
    unit: "s",
    pick: ({ setUpMs }) => setUpMs / MS_PER_S,
  },
  {
    name: "modes-memory",
    title: "Resident memory of the proxy's processes",
    unit: "MB",
    pick: ({ residentMb }) => residentMb,
  },
  {
    name: "modes-kernel-memory",
    title: "Memory that the kernel took since the proxy's start",
    unit: "MB",
    pick: ({ kernelMb }) => kernelMb,
  },
];

/** What `mode` came to with so many Services; undefined where it did not. */
export function resultOf(
  figures: readonly NodeFigure[],
  mode: Mode,
  services: number,
): TrafficResult | undefined {
  const found = figures.find(
    (figure) => figure.subject === mode && figure.size.services === services,
  );
  return (found?.value as TrafficResult | null | undefined) ?? undefined;
}

/** The floor of one size: the median of what every run found before its proxy started. */
export function floorOf(
  figures: readonly NodeFigure[],
  { floor }: ModeMeasure,
  services: number,
): number | null {
  if (!floor) return null;
  const values = modeNames()
    .flatMap((mode) => resultOf(figures, mode, services) ?? [])
    .map(floor)
    .sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? null;
}

/** In the order of their history. */
export function modeNames(): Mode[] {
  return Object.keys(MODES) as Mode[];
}
