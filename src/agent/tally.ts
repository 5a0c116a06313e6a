/** Counts operations by kind and result. */
import type { OperationCount } from "../observe/agent-metrics.ts";

/** One pass's counts. */
export class Tally {
  readonly #counts = new Map<
    string,
    { -readonly [K in keyof OperationCount]: OperationCount[K] }
  >();

  add(kind: OperationCount["kind"], result: OperationCount["result"], count: number): void {
    if (count === 0) return;
    const name = `${kind} ${result}`;
    const before = this.#counts.get(name);
    if (before) before.count += count;
    else this.#counts.set(name, { kind, result, count });
  }

  counts(): readonly OperationCount[] {
    return [...this.#counts.values()];
  }
}

/** Several counts as one, each kind and result once. */
export function sumCounts(all: readonly (readonly OperationCount[])[]): readonly OperationCount[] {
  const tally = new Tally();
  for (const { kind, result, count } of all.flat()) tally.add(kind, result, count);
  return tally.counts();
}
