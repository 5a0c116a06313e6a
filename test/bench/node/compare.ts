/** `npm run bench:compare`: kube-ipvs and the real kube-proxy in IPVS mode, on the same node in the same boot. */
import { barChart } from "../chart.ts";
import type { ClusterSize } from "../cluster.ts";
import { writeResults } from "../results.ts";
import { churnRows } from "./latency-rows.ts";
import { atSize, lifeRows } from "./life-rows.ts";
import type { NodeRow } from "./node-row.ts";
import { measuredText, printRows, runNodeBench } from "./run-node-bench.ts";
import type { ChurnResult } from "./scenarios/churn.ts";
import { sizeText } from "./size-text.ts";

const SIZES: readonly ClusterSize[] = [
  { services: 100, endpointsPerService: 10 },
  { services: 1_000, endpointsPerService: 10 },
  { services: 10_000, endpointsPerService: 10 },
];
const MS_MAX = 9_000_000;
const SUBJECTS = ["kube-ipvs", "kube-proxy"] as const;
/** The largest at which kube-proxy comes to the end of its first sync soon enough to follow changes. */
const CHURN_SERVICES = 100;

const wanted = process.argv.slice(2);
const chosen = SIZES.filter((size) => wanted.length === 0 || wanted.includes(`${size.services}`));
const figures = await runNodeBench({
  clusters: chosen.map((size) => ({
    size,
    runs: [
      ...SUBJECTS.map((subject) => ({ subject, scenario: "life" }) as const),
      ...SUBJECTS.filter(() => size.services <= CHURN_SERVICES).map(
        (subject) => ({ subject, scenario: "churn" }) as const,
      ),
    ],
  })),
  msMax: MS_MAX,
});
const sizes = chosen.map((size) => atSize(figures, size));
const rows = [...sizes.flatMap(lifeRows), ...churnOf(CHURN_SERVICES)];

const json = printRows(
  rows,
  sizes.flatMap(({ errors }) => errors),
  figures,
);
const charts = sizes.map((one): [string, string] => {
  const at = sizeText(one.size);
  const shown = lifeRows(one).filter(
    ({ value, peer }) => value !== undefined && peer !== undefined,
  );
  const name = (row: NodeRow): string => `${row.what.trim()} (${row.unit})`;
  const chart = barChart({
    title: `kube-ipvs and kube-proxy in IPVS mode, ${at}`,
    subtitle: measuredText(),
    unit: "",
    log: true,
    groups: shown.map(name),
    bars: [
      { name: "kube-ipvs", values: shown.map(({ value = Number.NaN }) => value) },
      { name: "kube-proxy 1.35", values: shown.map(({ peer = Number.NaN }) => peer) },
    ],
  });
  return [`compare-${one.size.services}`, chart];
});
const files = writeResults("compare", { json, charts: Object.fromEntries(charts) });
process.stdout.write(`Written: ${files.join(", ")}\n`);

/** Both under changes all the time, where that size was asked for. */
function churnOf(services: number): NodeRow[] {
  const of = (subject: string): ChurnResult | undefined =>
    (figures.find((figure) => figure.subject === subject && figure.scenario === "churn")?.value ??
      undefined) as ChurnResult | undefined;
  const size = chosen.find((one) => one.services === services);
  return size
    ? churnRows({ at: sizeText(size), ours: of("kube-ipvs"), peer: of("kube-proxy") })
    : [];
}
