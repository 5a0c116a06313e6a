/** Figures of earlier boots, kept beside those of this one: a run of some sizes is no reason to lose the others. Pure. */
import type { BootFacts } from "../boot-facts.ts";
import { measuredText } from "../boot-facts.ts";
import type { NodeFigure } from "./inside.ts";
import { sizeText } from "./size-text.ts";

/** A figure with the boot that it is of. */
export interface KeptFigure extends NodeFigure {
  readonly boot: BootFacts;
}

/** `kept` with `fresh` in its place where both are of the same run; but a failure takes the place of no figure. */
export function mergedFigures(
  kept: readonly KeptFigure[],
  fresh: readonly KeptFigure[],
): readonly KeptFigure[] {
  const merged = new Map(kept.map((figure) => [runKey(figure), figure]));
  for (const figure of fresh) {
    const before = merged.get(runKey(figure));
    const wasMeasured = before !== undefined && isMeasured(before);
    if (isMeasured(figure) || !wasMeasured) merged.set(runKey(figure), figure);
  }
  return [...merged.values()].sort((a, b) => a.size.services - b.size.services);
}

/** When and on what they were measured, by the size of the cluster. */
export function measuredBySize(figures: readonly KeptFigure[]): string {
  return measuredText(figures.map(({ size, boot }) => ({ what: sizeText(size), boot })));
}

/** The same by what was done. */
export function measuredByScenario(figures: readonly KeptFigure[]): string {
  return measuredText(figures.map(({ scenario, boot }) => ({ what: scenario, boot })));
}

/** Why some have no value, a line each. */
export function errorsOf(figures: readonly NodeFigure[]): string[] {
  return figures.flatMap(({ error, ...run }) =>
    error === undefined ? [] : [`${runText(run)}: ${error}`],
  );
}

/** `kube-ipvs, life, 1,000 x 10`. */
export function runText({
  subject,
  scenario,
  size,
}: Pick<NodeFigure, "subject" | "scenario" | "size">): string {
  return `${subject}, ${scenario}, ${sizeText(size)}`;
}

function isMeasured({ error, late }: NodeFigure): boolean {
  return error === undefined && late === undefined;
}

function runKey(figure: NodeFigure): string {
  return runText(figure);
}
