/**
 * `npm run bench:scale`: what a start, a change and peace cost by the size of the cluster. Arguments: numbers of
 * Services, such as `100 1000`; all when there are none.
 */
import { lineChart } from "../chart.ts";
import type { ClusterSize } from "../cluster.ts";
import { writeResults } from "../results.ts";
import { type AtSize, atSize, lifeRows } from "./life-rows.ts";
import { measuredText, printRows, runNodeBench } from "./run-node-bench.ts";

const SIZES: readonly ClusterSize[] = [
  { services: 100, endpointsPerService: 10 },
  { services: 1_000, endpointsPerService: 10 },
  { services: 10_000, endpointsPerService: 10 },
  { services: 50_000, endpointsPerService: 5 },
];
const MS_MAX = 3_000_000;
const SCENARIOS = ["list", "first-pass", "life"] as const;

const wanted = process.argv.slice(2);
const chosen = SIZES.filter((size) => wanted.length === 0 || wanted.includes(`${size.services}`));
const figures = await runNodeBench({
  clusters: chosen.map((size) => ({
    size,
    runs: SCENARIOS.map((scenario) => ({ subject: "kube-ipvs", scenario })),
  })),
  msMax: MS_MAX,
});
const sizes = chosen.map((size) => atSize(figures, size));
const rows = sizes.flatMap(lifeRows);
const json = printRows(
  rows,
  sizes.flatMap(({ errors }) => errors),
  figures,
);
const subtitle = measuredText();
const x = { name: "IPVS objects", values: sizes.map(objects), log: true };
const files = writeResults("scale", {
  json,
  charts: {
    "scale-start": lineChart({
      title: "From process start to the table complete",
      subtitle,
      x,
      y: { name: "seconds", log: true },
      lines: [
        { name: "kube-ipvs", values: sizes.map(({ ours }) => seconds(ours?.completeMs)) },
        {
          name: "floor: plain Node pages and parses both lists",
          values: sizes.map(({ list }) => seconds(list?.tookMs)),
        },
        {
          name: "floor: the same messages from C",
          values: sizes.map(({ firstPass }) => seconds(firstPass?.floorMs)),
        },
      ],
    }),
    "scale-per-object": lineChart({
      title: "Cost of one object in a first pass",
      subtitle,
      x,
      y: { name: "microseconds", log: true },
      lines: [
        {
          name: "kube-ipvs: plan, encode, send",
          values: sizes.map((one) => perObject(one, one.firstPass?.oursMs)),
        },
        {
          name: "floor in C",
          values: sizes.map((one) => perObject(one, one.firstPass?.floorMs)),
        },
      ],
    }),
    "scale-memory": lineChart({
      title: "Memory of the agent",
      subtitle,
      x,
      y: { name: "MB", log: false },
      lines: [
        { name: "resident", values: sizes.map(({ ours }) => ours?.quiet.residentMb ?? null) },
        { name: "peak", values: sizes.map(({ ours }) => ours?.quiet.peakMb ?? null) },
      ],
    }),
    "scale-change": lineChart({
      title: "One endpoint changed: from the API server's answer to the kernel",
      subtitle,
      x,
      y: { name: "milliseconds", log: true },
      lines: [
        { name: "median", values: sizes.map(({ ours }) => ours?.change?.medianMs ?? null) },
        { name: "99th percentile", values: sizes.map(({ ours }) => ours?.change?.p99Ms ?? null) },
      ],
    }),
  },
});
process.stdout.write(`Written: ${files.join(", ")}\n`);

function objects({ size: { services, endpointsPerService } }: AtSize): number {
  return services * (1 + endpointsPerService);
}

function seconds(ms: number | undefined): number | null {
  return ms === undefined ? null : ms / 1_000;
}

function perObject(one: AtSize, ms: number | undefined): number | null {
  return ms === undefined ? null : (ms * 1_000) / objects(one);
}
