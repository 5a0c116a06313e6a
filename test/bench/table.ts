/** The benchmark's figures as a table with ratios and targets, and as JSON. Pure. */
import { tableText } from "../../src/cli/table.ts";
import { featureRows } from "./feature-rows.ts";
import type { Figure } from "./figure.ts";
import { passRows } from "./pass-rows.ts";
import type { Row } from "./row.ts";

/** The table, the rows whose target is missed, and all figures. */
export function benchTable(
  figures: readonly Figure[],
  engine: string,
): { text: string; targetsMissed: string[]; json: unknown } {
  const rows = [...passRows(figures), ...featureRows(figures)];
  const title = ["WHAT", "MEASURED", "FLOOR IN C", "RATIO", "TARGET", ""];
  const table = tableText([title, ...rows.map(cellsOf)]);
  const kernel = figures.find((figure) => figure.kind === "kernel")?.text ?? "";
  const text = `${engine}: ${kernel}\n\n${table}\n${profileText(figures)}`;
  const targetsMissed = rows
    .filter(({ value, floor, target }) => target && !isMet(value, floor, target))
    .map(({ what }) => what);
  return { text, targetsMissed, json: { engine, kernel, rows, figures } };
}

function cellsOf({ what, value, unit, floor, target }: Row): string[] {
  const digits = value < 100 && (unit === "ms" || !Number.isInteger(value)) ? 2 : 0;
  const against =
    floor === undefined
      ? ["", ""]
      : [`${floor.toFixed(floor < 100 ? 2 : 0)} ms`, `${(value / floor).toFixed(2)} x`];
  const aim = target
    ? [
        `<= ${target.most} ${target.of === "ratio" ? "x" : unit}`,
        isMet(value, floor, target) ? "ok" : "MISSED",
      ]
    : ["", ""];
  return [what, `${value.toFixed(digits)} ${unit}`, ...against, ...aim];
}

function isMet(value: number, floor: number | undefined, { most, of }: NonNullable<Row["target"]>) {
  return (of === "ratio" ? value / (floor ?? Number.NaN) : value) <= most;
}

function profileText(figures: readonly Figure[]): string {
  const shares = figures.find((figure) => figure.kind === "profile")?.value ?? [];
  const rows = shares.map(({ function: name, percent }) => [`${percent.toFixed(1)} %`, name]);
  return `Where the time of a first pass goes (samples in the event loop's thread):\n${tableText(rows)}`;
}
