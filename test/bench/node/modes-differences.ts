/** From how many Services on it matters which mode is used. Pure. */
import { tableMarkdown } from "../markdown.ts";
import type { NodeFigure } from "./inside.ts";
import {
  isSame,
  MEASURES,
  type Mode,
  type ModeMeasure,
  modeNames,
  resultOf,
} from "./modes-measures.ts";

/** What a user of Services notices; the rest is the operator's. */
const NOTICED = [
  "modes-connect",
  "modes-connect-least",
  "modes-connect-p99",
  "modes-kept",
  "modes-kept-p99",
  "modes-processor",
];
/** Those whose work on packets is the kernel's. */
const IN_KERNEL = modeNames().filter((mode) => mode !== "userspace");

/** A table of what users notice. */
export function differencesText(figures: readonly NodeFigure[], sizes: readonly number[]): string {
  const rows = MEASURES.filter(({ name }) => NOTICED.includes(name)).map((measure) => [
    measure.title,
    ...[IN_KERNEL, modeNames()].map((modes) => {
      const first = differsFrom(figures, { measure, modes, sizes });
      return first === undefined ? "at none of these sizes" : first.toLocaleString("en-GB");
    }),
  ]);
  const about =
    "The smallest number of Services at which, and at all larger ones that were measured, the worst mode needs more " +
    "than the best by what is told apart here: half as much again, or a tenth where the quickest is meant.\n\n";
  const heads = ["what", "without userspace, from", "all modes, from"];
  return `${about}${tableMarkdown(heads, rows)}`;
}

/** The smallest of `sizes` from which on the modes differ; undefined where they do not at the largest. */
export function differsFrom(
  figures: readonly NodeFigure[],
  {
    measure,
    modes,
    sizes,
  }: {
    readonly measure: ModeMeasure;
    readonly modes: readonly Mode[];
    readonly sizes: readonly number[];
  },
): number | undefined {
  let first: number | undefined;
  for (const services of [...sizes].sort((a, b) => b - a)) {
    const values = modes.flatMap((mode) => {
      const result = resultOf(figures, mode, services);
      return result ? [measure.pick(result)] : [];
    });
    // Of one alone nothing can be said.
    if (values.length < 2) continue;
    if (isSame(measure, Math.max(...values), Math.min(...values))) break;
    first = services;
  }
  return first;
}
