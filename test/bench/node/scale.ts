/**
 * `npm run bench:scale`: what a start, a change and peace cost by the size of the cluster. Each size is a boot of
 * its own. Arguments: numbers of Services, such as `100 1000`; all when there are none.
 */
import { chosen } from "./chosen.ts";
import { atSize, lifeRows } from "./life-rows.ts";
import { measure, rowsText } from "./measure.ts";
import { scaleCharts } from "./scale-charts.ts";
import { measuredSizes, sizesOf, sizeWord } from "./sizes.ts";

const SIZES = [...sizesOf(100, 1_000, 10_000), { services: 50_000, endpointsPerService: 5 }];
const MS_MAX = 3_000_000;
const SCENARIOS = ["list", "first-pass", "life"] as const;

await measure({
  name: "scale",
  boots: chosen(SIZES, process.argv.slice(2), sizeWord).map((size) => ({
    clusters: [
      { size, runs: SCENARIOS.map((scenario) => ({ subject: "kube-ipvs", scenario }) as const) },
    ],
    msMax: MS_MAX,
  })),
  results: (figures) => {
    const sizes = measuredSizes(SIZES, figures).map((size) => atSize(figures, size));
    return { json: { rows: sizes.flatMap(lifeRows) }, charts: scaleCharts(sizes, figures) };
  },
  text: (fresh) =>
    rowsText(measuredSizes(SIZES, fresh).flatMap((size) => lifeRows(atSize(fresh, size)))),
});
