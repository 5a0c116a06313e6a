/** A limit of something that may come in bursts: so many at once, and then one every so often. */

/** What a bucket holds at most, and how fast it fills again. */
export interface Rate {
  readonly burst: number;
  /** Milliseconds until one more is allowed. */
  readonly everyMs: number;
}

/** Full at first. Times are of a clock that never jumps. */
export class TokenBucket {
  readonly #rate: Rate;
  #tokens: number;
  #filledMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.#rate = rate;
    this.#tokens = rate.burst;
    this.#filledMs = nowMs;
  }

  /** Takes one; false when there is none. */
  take(nowMs: number): boolean {
    this.#fill(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** Milliseconds until `take` succeeds; 0 when it would now. */
  waitMs(nowMs: number): number {
    this.#fill(nowMs);
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) * this.#rate.everyMs;
  }

  /** True when nothing was taken for so long that a new bucket would be the same. */
  isFull(nowMs: number): boolean {
    this.#fill(nowMs);
    return this.#tokens >= this.#rate.burst;
  }

  #fill(nowMs: number): void {
    const { burst, everyMs } = this.#rate;
    this.#tokens = Math.min(burst, this.#tokens + (nowMs - this.#filledMs) / everyMs);
    this.#filledMs = nowMs;
  }
}
