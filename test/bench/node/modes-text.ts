/** What the comparison of modes found, as tables for docs/modes.md. Pure. */
import { tableMarkdown } from "../markdown.ts";
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
}

const MS_PER_S = 1_000;
/** So much more than the best is no difference on a machine that has other work. */
const SAME = 1.1;

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
    title: "Processor time of 1,000 new connections, clients and pods included",
    unit: "s",
    pick: ({ proxied }) => proxied.processorMsPerConnection,
    floor: ({ direct }) => direct.processorMsPerConnection,
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

/** All tables. */
export function modesText(
  figures: readonly NodeFigure[],
  sizes: readonly number[],
  measured: string,
): string {
  const failed = figures.flatMap(({ subject, size, error }) =>
    error === undefined
      ? []
      : [
          `- ${subject}, ${size.services.toLocaleString("en-GB")} Services: ${error.split("\n")[0]}\n`,
        ],
  );
  return [
    `${measured}. 10 pods for each Service.\n`,
    ...MEASURES.map((measure) => measureText(figures, sizes, measure)),
    "### Who wins where\n\nThe best, and all within 10 % of it; then how many times more the others need.\n",
    winners(figures, sizes),
    ...(failed.length === 0 ? [] : ["Not measured:\n", failed.join("")]),
  ].join("\n");
}

function measureText(
  figures: readonly NodeFigure[],
  sizes: readonly number[],
  measure: ModeMeasure,
): string {
  const { title, unit, pick, name } = measure;
  const hasFloor = measure.floor !== undefined;
  const rows = sizes.map((services) => [
    services.toLocaleString("en-GB"),
    ...(hasFloor ? [figureText(floorOf(figures, measure, services))] : []),
    ...modeNames().map((mode) => {
      const result = resultOf(figures, mode, services);
      return figureText(result ? pick(result) : null);
    }),
  ]);
  const heads = ["Services", ...(hasFloor ? ["no proxy (floor)"] : []), ...Object.values(MODES)];
  return `### ${title} (${unit})\n\n${tableMarkdown(heads, rows)}\n![${title}](bench/${name}.svg)\n`;
}

function winners(figures: readonly NodeFigure[], sizes: readonly number[]): string {
  const rows = MEASURES.flatMap((measure) =>
    sizes.map((services) => {
      const found = modeNames()
        .flatMap((mode) => {
          const result = resultOf(figures, mode, services);
          return result ? [{ mode, value: measure.pick(result) }] : [];
        })
        .sort((a, b) => a.value - b.value);
      const best = found[0]?.value ?? Number.NaN;
      const isBest = ({ value }: { readonly value: number }): boolean => value <= best * SAME;
      const others = found.filter((one) => !isBest(one));
      return [
        measure.title,
        services.toLocaleString("en-GB"),
        found
          .filter(isBest)
          .map(({ mode }) => MODES[mode])
          .join(", ") || "-",
        others.map(({ mode, value }) => `${MODES[mode]} ${(value / best).toFixed(2)} x`).join(", "),
      ];
    }),
  );
  return tableMarkdown(["what", "Services", "best", "others"], rows);
}

function figureText(value: number | null): string {
  if (value === null) return "-";
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return Number(value.toFixed(digits)).toLocaleString("en-GB");
}
