/** `npm run bench:latency`: how soon changes are in the kernel, in peace and in bad times. */
import { barChart } from "../chart.ts";
import type { ClusterSize } from "../cluster.ts";
import { writeResults } from "../results.ts";
import type { NodeFigure } from "./inside.ts";
import { latencyRows } from "./latency-rows.ts";
import type { NodeTask } from "./node-task.ts";
import { measuredText, printRows, runNodeBench } from "./run-node-bench.ts";

const SIZE: ClusterSize = { services: 10_000, endpointsPerService: 10 };
const SCENARIOS: readonly NodeTask["scenario"][] = [
  "life",
  "big-service",
  "churn",
  "storm",
  "trash",
];
const MS_MAX = 3_000_000;

const figures = await runNodeBench({
  clusters: [
    { size: SIZE, runs: SCENARIOS.map((scenario) => ({ subject: "kube-ipvs", scenario })) },
  ],
  msMax: MS_MAX,
});
const rows = latencyRows(figures, SIZE);
const json = printRows(rows, figures.flatMap(errorText), figures);
const times = rows.filter(({ unit, value }) => unit === "ms" && value !== undefined);
const files = writeResults("latency", {
  json,
  charts: {
    latency: barChart({
      title: "From the API server's answer to the kernel, 10,000 Services of 10 endpoints",
      subtitle: measuredText(),
      unit: "milliseconds",
      log: true,
      groups: times.map(({ what }) => what.trim()),
      bars: [{ name: "kube-ipvs", values: times.map(({ value = Number.NaN }) => value) }],
    }),
  },
});
process.stdout.write(`Written: ${files.join(", ")}\n`);

function errorText({ scenario, error }: NodeFigure): string[] {
  return error === undefined ? [] : [`${scenario}: ${error}`];
}
