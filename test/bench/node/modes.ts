/**
 * `npm run bench:modes`: the classic comparison of kube-proxy's modes on one kernel. Each size is a boot of its own,
 * in which all modes and the floor are measured. Arguments: sizes, such as `10 1000`; all when there are none.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../setup/paths.mjs";
import { lineChart } from "../chart.ts";
import { withMeasured } from "../markdown.ts";
import { chosen } from "./chosen.ts";
import { type KeptFigure, measuredBySize } from "./kept-figures.ts";
import { measure } from "./measure.ts";
import { floorOf, MEASURES, MODES, modeNames, resultOf } from "./modes-measures.ts";
import { modesText } from "./modes-text.ts";
import { measuredSizes, sizesOf, sizeWord } from "./sizes.ts";

const SIZES = sizesOf(10, 100, 1_000, 5_000, 10_000);
const MS_MAX = 5_400_000;
const PAGE = join(ROOT, "docs", "modes.md");

await measure({
  name: "modes",
  boots: chosen(SIZES, process.argv.slice(2), sizeWord).map((size) => ({
    clusters: [
      { size, runs: modeNames().map((subject) => ({ subject, scenario: "traffic" }) as const) },
    ],
    msMax: MS_MAX,
  })),
  results: (figures) => {
    writeFileSync(PAGE, withMeasured(readFileSync(PAGE, "utf8"), textOf(figures)));
    return { json: {}, charts: chartsOf(figures) };
  },
  text: textOf,
});

function textOf(figures: readonly KeptFigure[]): string {
  return modesText(figures, servicesOf(figures), measuredBySize(figures));
}

function chartsOf(figures: readonly KeptFigure[]): Record<string, string> {
  const sizes = servicesOf(figures);
  const subtitle = measuredBySize(figures);
  const charts = MEASURES.map((measured): [string, string] => {
    const floor = sizes.map((services) => floorOf(figures, measured, services));
    const lines = modeNames().map((mode) => ({
      name: MODES[mode],
      values: sizes.map((services) => {
        const result = resultOf(figures, mode, services);
        return result ? measured.pick(result) : null;
      }),
    }));
    const chart = lineChart({
      title: measured.title,
      subtitle,
      x: { name: "Services of 10 pods", values: sizes, log: true },
      y: { name: measured.unit, log: true },
      lines: measured.floor ? [...lines, { name: "floor: no proxy", values: floor }] : lines,
    });
    return [measured.name, chart];
  });
  return Object.fromEntries(charts);
}

function servicesOf(figures: readonly KeptFigure[]): number[] {
  return measuredSizes(SIZES, figures).map(({ services }) => services);
}
