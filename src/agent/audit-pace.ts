/** When the audit takes its next step: a large table is read slowly, and a small one often. */
import type { Clock } from "../base/clock.ts";

/** Longest time between two steps. */
export const AUDIT_STEP_MS_MAX = 300_000;

/**
 * A step that takes 1 ms, with the pass that it is a part of, is followed by a pause of at least this many
 * ms: 0.125 % of the processor. The shorter of the last two counts: one that the machine held up does not
 * keep the next one waiting for minutes.
 */
export const AUDIT_PAUSE_PER_MS = 800;

/** Paces steps by their own cost. */
export class AuditPace {
  readonly #clock: Clock;
  readonly #stepMs: () => number;
  #nextMs: number;
  /** How long the last step took, and the one before it. */
  #tookMs = 0;
  #beforeMs = 0;

  /** `stepMs`: the time between two steps that cost nothing. */
  constructor(clock: Clock, stepMs: () => number) {
    this.#clock = clock;
    this.#stepMs = stepMs;
    this.#nextMs = clock.nowMs() + stepMs();
  }

  /** When the next step is due. */
  get nextMs(): number {
    return this.#nextMs;
  }

  /** A step begins. */
  begin(): void {
    this.#beforeMs = this.#tookMs;
  }

  /** The step, or what was done because of it, began at `startMs` and ends now. The last word counts. */
  end(startMs: number): void {
    const nowMs = this.#clock.nowMs();
    this.#tookMs = nowMs - startMs;
    const costMs = Math.min(this.#tookMs, this.#beforeMs) * AUDIT_PAUSE_PER_MS;
    this.#nextMs = nowMs + Math.min(Math.max(this.#stepMs(), costMs), AUDIT_STEP_MS_MAX);
  }
}
