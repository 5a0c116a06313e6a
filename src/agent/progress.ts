/** Says how far a long write is, so that nobody wonders whether the first sync hangs. */
import type { Logger } from "pino";
import type { Clock } from "../base/clock.ts";

/** A write that takes less is not worth a line; a longer one gets a line this often. */
export const PROGRESS_MS = 1_000;

/** The progress of one write. */
export class Progress {
  readonly #total: number;
  readonly #clock: Clock;
  readonly #log: Logger;
  #saidMs: number;

  constructor(of: { total: number; clock: Clock; log: Logger }) {
    this.#total = of.total;
    this.#clock = of.clock;
    this.#log = of.log;
    this.#saidMs = of.clock.nowMs();
  }

  /** Takes the number of virtual services written so far. */
  report(done: number): void {
    if (this.#clock.nowMs() - this.#saidMs < PROGRESS_MS) return;
    this.#saidMs = this.#clock.nowMs();
    const percent = Math.floor((100 * done) / this.#total);
    this.#log.info({ virtualServices: done, total: this.#total, percent }, "writing to the kernel");
  }
}
