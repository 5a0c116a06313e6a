/**
 * `npm run bench:latency`: how soon changes are in the kernel, in peace and in bad times. Arguments: scenarios, such
 * as `storm trash`; all when there are none.
 */
import { barChart } from "../chart.ts";
import type { ClusterSize } from "../cluster.ts";
import { barRows } from "./bar-groups.ts";
import { chosen } from "./chosen.ts";
import { measuredByScenario } from "./kept-figures.ts";
import { latencyRows } from "./latency-rows.ts";
import { measure, rowsJson, rowsText } from "./measure.ts";

const SIZE: ClusterSize = { services: 10_000, endpointsPerService: 10 };
const SCENARIOS = [
  "watch",
  "life",
  "big-service",
  "churn",
  "storm",
  "trash-watch",
  "trash",
] as const;
const MS_MAX = 3_600_000;

const runs = chosen(SCENARIOS, process.argv.slice(2), (scenario) => scenario).map(
  (scenario) => ({ subject: "kube-ipvs", scenario }) as const,
);
await measure({
  name: "latency",
  boots: [{ clusters: [{ size: SIZE, runs }], msMax: MS_MAX }],
  results: (figures) => {
    const rows = latencyRows(figures, SIZE);
    const times = barRows(rows).filter(({ unit, value }) => unit === "ms" && value !== undefined);
    const latency = barChart({
      title: "From the API server's answer to the kernel, 10,000 Services of 10 endpoints",
      subtitle: measuredByScenario(figures),
      unit: "milliseconds",
      log: true,
      groups: times.map(({ name }) => name),
      bars: [{ name: "kube-ipvs", values: times.map(({ value = Number.NaN }) => value) }],
    });
    return { json: rowsJson(rows), charts: { latency } };
  },
  text: (figures) => rowsText(latencyRows(figures, SIZE)),
});
