/** Many times of one thing in three numbers. Pure. */

/** In milliseconds. */
export interface Spread {
  readonly medianMs: number;
  readonly p99Ms: number;
  readonly worstMs: number;
}

/** The spread of `times`, which are in milliseconds. */
export function spread(times: readonly number[]): Spread {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { medianMs: at(0.5), p99Ms: at(0.99), worstMs: at(1) };
}
