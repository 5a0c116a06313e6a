/**
 * Whether a burst of changes is still being read. What comes behind it in the same streams waits for that, so nothing
 * that takes long is to be done meanwhile. Does no I/O.
 */

/** Longest time for which that counts, in milliseconds; as long it then does not, however much comes. */
export const READING_MS_MAX = 1_000;

/** So many changes between two passes are no burst. */
const FEW = 4;

/** Of one burst after the other. */
export class BurstReading {
  #endsMs = Number.NEGATIVE_INFINITY;

  /** To be told at each pass how many changes came since the last one, beside those that it takes. */
  goesOn(changes: number, nowMs: number): boolean {
    if (changes <= FEW) return false;
    if (nowMs >= this.#endsMs + READING_MS_MAX) this.#endsMs = nowMs + READING_MS_MAX;
    return nowMs < this.#endsMs;
  }
}
