/**
 * Whether the events of a burst are still being read. What comes behind them in the same stream waits for that, so
 * nothing that takes long is to be done meanwhile. Does no I/O.
 */

/** A burst that takes longer to come is written while it comes, in milliseconds from its first pass. */
export const READING_MS_MAX = 1_000;

/** Of one burst after the other. */
export class BurstReading {
  #beganMs: number | undefined;
  /** That waited after the last pass. */
  #left = Number.POSITIVE_INFINITY;

  /** To be asked at each pass of a burst: are there more of them than the last one left? */
  isOn(waiting: number, nowMs: number): boolean {
    this.#beganMs ??= nowMs;
    return waiting > this.#left && nowMs - this.#beganMs < READING_MS_MAX;
  }

  /** The pass leaves so many. */
  leave(waiting: number): void {
    this.#left = waiting;
  }

  /** There is no burst. */
  end(): void {
    this.#beganMs = undefined;
    this.#left = Number.POSITIVE_INFINITY;
  }
}
