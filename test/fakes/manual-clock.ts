/** A clock that a test moves by hand: sleepers wake in order of their time, and nothing really waits. */
import type { Clock } from "../../src/base/clock.ts";

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** Wall and monotonic time are the same, from 0. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #sleepers: readonly Sleeper[] = [];

  wallMs(): number {
    return this.#nowMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = (): void => {
        signal?.removeEventListener("abort", wake);
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        resolve();
      };
      const sleeper = { atMs: this.#nowMs + ms, wake };
      this.#sleepers = [...this.#sleepers, sleeper];
      signal?.addEventListener("abort", wake);
    });
  }

  /** Time until the next sleeper wakes; Infinity while nobody sleeps. */
  get untilNextMs(): number {
    return Math.min(...this.#sleepers.map(({ atMs }) => atMs)) - this.#nowMs;
  }

  /** Lets everything run that waits for nothing but the microtask queue. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** Moves on by `ms`, and stops at each sleeper on the way to let it run. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await this.settle();
    for (;;) {
      const next = [...this.#sleepers]
        .sort((a, b) => a.atMs - b.atMs)
        .find(({ atMs }) => atMs <= untilMs);
      if (next === undefined) break;
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
      await this.settle();
    }
    this.#nowMs = untilMs;
  }
}
