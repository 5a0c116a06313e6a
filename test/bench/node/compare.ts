/**
 * `npm run bench:compare`: kube-ipvs and the real kube-proxy in IPVS mode, on the same node in the same boot. Each
 * size is a boot of its own. Arguments: numbers of Services, such as `100 1000`; all when there are none.
 */
import { barChart } from "../chart.ts";
import type { ClusterSize } from "../cluster.ts";
import { barRows } from "./bar-groups.ts";
import { chosen } from "./chosen.ts";
import { type KeptFigure, measuredBySize } from "./kept-figures.ts";
import { badTimesRows } from "./latency-rows.ts";
import { atSize, lifeRows } from "./life-rows.ts";
import { measure, rowsJson, rowsText } from "./measure.ts";
import type { NodeRow } from "./node-row.ts";
import { sizeText } from "./size-text.ts";
import { measuredSizes, sizesOf, sizeWord } from "./sizes.ts";

const SIZES = sizesOf(100, 1_000, 10_000);
const MS_MAX = 7_200_000;
const SUBJECTS = ["kube-ipvs", "kube-proxy"] as const;
/** Its life comes first: a proxy without a first sync is not asked for more. */
const SCENARIOS = ["life", "big-service", "storm", "trash"] as const;
/** What is the least that anybody needs. */
const FLOORS = ["first-pass", "list", "watch", "trash-watch"] as const;

await measure({
  name: "compare",
  boots: chosen(SIZES, process.argv.slice(2), sizeWord).map((size) => ({
    clusters: [
      {
        size,
        runs: [
          ...FLOORS.map((scenario) => ({ subject: "kube-ipvs", scenario }) as const),
          ...SUBJECTS.flatMap((subject) =>
            SCENARIOS.map((scenario) => ({ subject, scenario }) as const),
          ),
        ],
      },
    ],
    msMax: MS_MAX,
  })),
  results: (figures) => {
    const sizes = measuredSizes(SIZES, figures);
    const charts = sizes.map((size) => [`compare-${size.services}`, chartOf(figures, size)]);
    return {
      json: rowsJson(sizes.flatMap((size) => rowsOf(figures, size))),
      charts: Object.fromEntries(charts) as Record<string, string>,
    };
  },
  text: (figures) =>
    rowsText(measuredSizes(SIZES, figures).flatMap((size) => rowsOf(figures, size))),
});

function rowsOf(figures: readonly KeptFigure[], size: ClusterSize): NodeRow[] {
  return [...lifeRows(atSize(figures, size)), ...badTimesRows(figures, size)];
}

function chartOf(figures: readonly KeptFigure[], size: ClusterSize): string {
  const shown = barRows(rowsOf(figures, size)).filter(
    ({ value, peer }) => value !== undefined && peer !== undefined,
  );
  return barChart({
    title: `kube-ipvs and kube-proxy in IPVS mode, ${sizeText(size)}`,
    subtitle: measuredBySize(figures.filter((one) => one.size.services === size.services)),
    unit: "",
    log: true,
    groups: shown.map(({ name, unit }) => `${name} (${unit})`),
    bars: [
      { name: "kube-ipvs", values: shown.map(({ value = Number.NaN }) => value) },
      { name: "kube-proxy 1.35", values: shown.map(({ peer = Number.NaN }) => peer) },
    ],
  });
}
