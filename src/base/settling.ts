/** Many happenings, one call: a moment after the last of them, and not much later than the first. */
import type { Clock } from "./clock.ts";

/** Quiet time before the call. */
export const SETTLED_AFTER_MS = 50;

/** Happenings without end still lead to a call. */
export const SETTLING_MS_MAX = 500;

/** What this needs. */
export interface SettlingOptions {
  readonly clock: Clock;
  /** {@link SETTLED_AFTER_MS} when absent. */
  readonly afterMs?: number;
  /** {@link SETTLING_MS_MAX} when absent. */
  readonly atMostMs?: number;
  onSettled(): void;
}

/** Waits for things to settle. */
export class Settling {
  readonly #options: SettlingOptions;
  readonly #closing = new AbortController();
  /** The first happening since the last call; undefined while nothing happens. */
  #firstMs: number | undefined;
  #lastMs = 0;

  constructor(options: SettlingOptions) {
    this.#options = options;
  }

  /** Something happened. */
  note(): void {
    this.#lastMs = this.#options.clock.nowMs();
    if (this.#firstMs !== undefined) return;
    this.#firstMs = this.#lastMs;
    void this.#wait(this.#firstMs);
  }

  /** No call comes any more. */
  close(): void {
    this.#closing.abort();
  }

  async #wait(firstMs: number): Promise<void> {
    const { clock, onSettled } = this.#options;
    const { afterMs = SETTLED_AFTER_MS, atMostMs = SETTLING_MS_MAX } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const dueMs = Math.min(this.#lastMs + afterMs, firstMs + atMostMs);
      const leftMs = dueMs - clock.nowMs();
      if (leftMs <= 0) break;
      await clock.sleep(leftMs, signal);
    }
    this.#firstMs = undefined;
    if (!signal.aborted) onSettled();
  }
}
