/** Counts operations by kind and result. */
import type { OperationCount } from "../observe/agent-metrics.ts";

type Kind = OperationCount["kind"];
type Result = OperationCount["result"];

/** One pass's counts. Makes no text of an operation: a first pass counts 100,000 of them. */
export class Tally {
  readonly #counts = new Map<Kind, Map<Result, number>>();

  add(kind: Kind, result: Result, count: number): void {
    if (count === 0) return;
    let results = this.#counts.get(kind);
    if (!results) {
      results = new Map();
      this.#counts.set(kind, results);
    }
    results.set(result, (results.get(result) ?? 0) + count);
  }

  counts(): readonly OperationCount[] {
    return [...this.#counts].flatMap(([kind, results]) =>
      [...results].map(([result, count]) => ({ kind, result, count })),
    );
  }
}

/** Several counts as one, each kind and result once. */
export function sumCounts(all: readonly (readonly OperationCount[])[]): readonly OperationCount[] {
  const tally = new Tally();
  for (const { kind, result, count } of all.flat()) tally.add(kind, result, count);
  return tally.counts();
}
