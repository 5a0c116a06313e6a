/** How long to wait after failures: doubling, and spread so that not all nodes come back at one moment. */
import { spreadMs } from "../spread.ts";

/** First wait; it doubles up to the second. As client-go's reflectors. */
export const RETRY_MS_FIRST = 800;
export const RETRY_MS_MAX = 30_000;

/** After so long without a failure the next wait is the first one again. */
export const HEALTHY_MS = 120_000;

/** Waits of one loop. */
export class BackOff {
  readonly #name: string;
  #failures = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  /** `name` tells this loop from those of other nodes. */
  constructor(name: string) {
    this.#name = name;
  }

  /** Notes a failure at `nowMs` (monotonic); returns how long to wait, up to twice the plain wait. */
  nextMs(nowMs: number): number {
    if (nowMs - this.#lastMs > HEALTHY_MS) this.#failures = 0;
    this.#lastMs = nowMs;
    const plainMs = Math.min(RETRY_MS_FIRST * 2 ** this.#failures, RETRY_MS_MAX);
    this.#failures += 1;
    return plainMs + spreadMs(`${this.#name} ${this.#failures}`, plainMs);
  }
}
