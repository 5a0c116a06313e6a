/**
 * `npm run bench:modes`: the classic comparison of kube-proxy's modes on one kernel. Each size is a boot of its own,
 * in which all modes and the floor are measured. Arguments: sizes, such as `10 1000`; all when there are none.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../setup/paths.mjs";
import { lineChart } from "../chart.ts";
import { withMeasured } from "../markdown.ts";
import { writeResults } from "../results.ts";
import type { NodeFigure } from "./inside.ts";
import { floorOf, MEASURES, MODES, modeNames, modesText, resultOf } from "./modes-text.ts";
import { measuredText, runNodeBench } from "./run-node-bench.ts";

const SIZES = [10, 100, 1_000, 5_000, 10_000];
const ENDPOINTS_PER_SERVICE = 10;
const MS_MAX = 3_600_000;
const PAGE = join(ROOT, "docs", "modes.md");

const wanted = process.argv.slice(2);
const sizes = SIZES.filter((size) => wanted.length === 0 || wanted.includes(`${size}`));
const figures: NodeFigure[] = [];
for (const services of sizes) {
  const size = { services, endpointsPerService: ENDPOINTS_PER_SERVICE };
  const runs = modeNames().map((subject) => ({ subject, scenario: "traffic" }) as const);
  figures.push(...(await runNodeBench({ clusters: [{ size, runs }], msMax: MS_MAX })));
}
const measured = measuredText().replace("One boot", "A boot for each size");
const text = modesText(figures, sizes, measured);
const charts = MEASURES.map((measure): [string, string] => {
  const floor = sizes.map((services) => floorOf(figures, measure, services));
  const lines = modeNames().map((mode) => ({
    name: MODES[mode],
    values: sizes.map((services) => {
      const result = resultOf(figures, mode, services);
      return result ? measure.pick(result) : null;
    }),
  }));
  const chart = lineChart({
    title: measure.title,
    subtitle: measured,
    x: { name: "Services of 10 pods", values: sizes, log: true },
    y: { name: measure.unit, log: true },
    lines: measure.floor ? [...lines, { name: "floor: no proxy", values: floor }] : lines,
  });
  return [measure.name, chart];
});
// Some sizes alone are for a look: the page is of all.
if (sizes.length === SIZES.length) {
  const json = { measured, figures };
  const files = writeResults("modes", { json, charts: Object.fromEntries(charts) });
  writeFileSync(PAGE, withMeasured(readFileSync(PAGE, "utf8"), text));
  process.stdout.write(`Written: docs/modes.md, ${files.join(", ")}\n`);
}
process.stdout.write(`\n${text}\n`);
if (figures.some(({ error }) => error !== undefined)) process.exitCode = 1;
