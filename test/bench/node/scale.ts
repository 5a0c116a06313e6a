/**
 * `npm run bench:scale`: what a start, a change and peace cost by the size of the cluster. Each size is a boot of
 * its own. Arguments: numbers of Services, such as `100 1000`; all when there are none.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../setup/paths.mjs";
import { withMeasured } from "../markdown.ts";
import { chosen } from "./chosen.ts";
import { type KeptFigure, measuredBySize } from "./kept-figures.ts";
import { type AtSize, atSize, lifeRows } from "./life-rows.ts";
import { measure, rowsJson, rowsText } from "./measure.ts";
import { memoryText } from "./memory-text.ts";
import type { NodeRow } from "./node-row.ts";
import { perObjectRows } from "./per-object.ts";
import { scaleCharts } from "./scale-charts.ts";
import { measuredSizes, sizesOf, sizeWord } from "./sizes.ts";

const SIZES = [...sizesOf(100, 1_000, 10_000), { services: 50_000, endpointsPerService: 5 }];
const PAGE = join(ROOT, "docs", "scale.md");
const MS_MAX = 3_000_000;
const SCENARIOS = ["first-pass", "list", "watch", "life"] as const;

await measure({
  name: "scale",
  boots: chosen(SIZES, process.argv.slice(2), sizeWord).map((size) => ({
    clusters: [
      { size, runs: SCENARIOS.map((scenario) => ({ subject: "kube-ipvs", scenario }) as const) },
    ],
    msMax: MS_MAX,
  })),
  results: (figures) => {
    const sizes = atSizes(figures);
    const text = memoryText(sizes, measuredBySize(figures));
    writeFileSync(PAGE, withMeasured(readFileSync(PAGE, "utf8"), text, "memory"));
    return { json: rowsJson(rowsOf(sizes)), charts: scaleCharts(sizes, figures) };
  },
  text: (figures) => rowsText(rowsOf(atSizes(figures))),
});

function atSizes(figures: readonly KeptFigure[]): AtSize[] {
  return measuredSizes(SIZES, figures).map((size) => atSize(figures, size));
}

function rowsOf(sizes: readonly AtSize[]): NodeRow[] {
  return [...sizes.flatMap(lifeRows), ...perObjectRows(sizes)];
}
