/** What became of operations, counted. Pure. */
import type { OperationCount } from "../observe/agent-metrics.ts";
import type { Refusal } from "./refusal.ts";
import { sumCounts } from "./tally.ts";

/** What became of a pass's operations. */
export interface Outcome {
  readonly applied: number;
  /** Left out because something they depend on failed. */
  readonly skipped: number;
  /** The first refusal of each subject: later ones follow from it. */
  readonly refused: readonly Refusal[];
  /** The same by kind and result. */
  readonly operations: readonly OperationCount[];
}

/** Several outcomes as one. */
export function sumOutcomes(outcomes: readonly Outcome[]): Outcome {
  return {
    applied: outcomes.reduce((sum, { applied }) => sum + applied, 0),
    skipped: outcomes.reduce((sum, { skipped }) => sum + skipped, 0),
    refused: outcomes.flatMap(({ refused }) => refused),
    operations: sumCounts(outcomes.map(({ operations }) => operations)),
  };
}
