/** What the comparison of modes found, as tables for docs/modes.md. Pure. */
import { tableMarkdown } from "../markdown.ts";
import type { NodeFigure } from "./inside.ts";
import { differencesText } from "./modes-differences.ts";
import {
  floorOf,
  isSame,
  MEASURES,
  MODES,
  type ModeMeasure,
  modeNames,
  resultOf,
} from "./modes-measures.ts";

/** New connections a second at which the processor is measured, and of how many its figures may be. */
const RATE_PER_S = 100;
const RATE_PER_S_MIN = 90;

/** All tables. */
export function modesText(
  figures: readonly NodeFigure[],
  sizes: readonly number[],
  measured: string,
): string {
  const failed = figures.flatMap(({ subject, size, error }) =>
    error === undefined
      ? []
      : [
          `- ${subject}, ${size.services.toLocaleString("en-GB")} Services: ${error.split("\n")[0]}\n`,
        ],
  );
  return [
    `${measured}. 10 pods for each Service.\n`,
    ...MEASURES.map((measure) => measureText(figures, sizes, measure)),
    "### Who wins where\n\nThe best, and all that are not told apart from it; then how many times more the others need.\n",
    winners(figures, sizes),
    "### From how many Services on the mode matters\n",
    differencesText(figures, sizes),
    ...slowText(figures, sizes),
    ...(failed.length === 0 ? [] : ["Not measured:\n", failed.join("")]),
  ].join("\n");
}

function measureText(
  figures: readonly NodeFigure[],
  sizes: readonly number[],
  measure: ModeMeasure,
): string {
  const { title, unit, pick, name } = measure;
  const hasFloor = measure.floor !== undefined;
  const rows = sizes.map((services) => [
    services.toLocaleString("en-GB"),
    ...(hasFloor ? [figureText(floorOf(figures, measure, services))] : []),
    ...modeNames().map((mode) => {
      const result = resultOf(figures, mode, services);
      return figureText(result ? pick(result) : null);
    }),
  ]);
  const heads = ["Services", ...(hasFloor ? ["no proxy (floor)"] : []), ...Object.values(MODES)];
  return `### ${title} (${unit})\n\n${tableMarkdown(heads, rows)}\n![${title}](bench/${name}.svg)\n`;
}

function winners(figures: readonly NodeFigure[], sizes: readonly number[]): string {
  const rows = MEASURES.flatMap((measure) =>
    sizes.map((services) => {
      const found = modeNames()
        .flatMap((mode) => {
          const result = resultOf(figures, mode, services);
          return result ? [{ mode, value: measure.pick(result) }] : [];
        })
        .sort((a, b) => a.value - b.value);
      // Less than nothing is what else the node did meanwhile: there is no winner.
      if (found.some(({ value }) => value <= 0)) {
        return [measure.title, services.toLocaleString("en-GB"), "too little to be seen", ""];
      }
      const best = found[0]?.value ?? Number.NaN;
      const isBest = ({ value }: { readonly value: number }): boolean =>
        isSame(measure, value, best);
      const others = found.filter((one) => !isBest(one));
      return [
        measure.title,
        services.toLocaleString("en-GB"),
        found
          .filter(isBest)
          .map(({ mode }) => MODES[mode])
          .join(", ") || "-",
        others.map(({ mode, value }) => `${MODES[mode]} ${ratioText(value / best)}`).join(", "),
      ];
    }),
  );
  return tableMarkdown(["what", "Services", "best", "others"], rows);
}

/** Where the fixed rate was more than the node could do: the processor's figures there are of fewer. */
function slowText(figures: readonly NodeFigure[], sizes: readonly number[]): string[] {
  const slow = sizes.flatMap((services) =>
    modeNames().flatMap((mode) => {
      const { connectionsPerS = RATE_PER_S } =
        resultOf(figures, mode, services)?.proxied.atRate ?? {};
      if (connectionsPerS >= RATE_PER_S_MIN) return [];
      const count = services.toLocaleString("en-GB");
      return [`- ${MODES[mode]}, ${count} Services: ${figureText(connectionsPerS)} a second\n`];
    }),
  );
  return slow.length === 0
    ? []
    : ["Less than 100 new connections a second were answered:\n", slow.join("")];
}

function ratioText(ratio: number): string {
  return `${ratio < 10 ? ratio.toFixed(2) : Math.round(ratio).toLocaleString("en-GB")} x`;
}

function figureText(value: number | null): string {
  if (value === null) return "-";
  const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
  return Number(value.toFixed(digits)).toLocaleString("en-GB");
}
