/** One row of the benchmark's table, and what becomes of several runs. Pure. */

/** A figure with its floor and its target. */
export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  /** Of the floor in the same boot, where there is one. */
  readonly floor?: number;
  readonly target?: { readonly most: number; readonly of: "ratio" | "value" };
}

/** The one in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
