/**
 * Flows whose connection tracking entries must still go. They are not in any table that could be read
 * again, so what failed is kept here until it went through.
 */
import type { Logger } from "pino";
import type { Clock } from "../base/clock.ts";
import type { Conntrack } from "../conntrack/conntrack.ts";
import type { ForgetFlows } from "../model/flows.ts";

/** Wait after a failure. */
export const FORGET_RETRY_MS = 1_000;

/** Operations kept for another try; the oldest are dropped, as their flows die of age by then. */
export const FORGET_PENDING_MAX = 10_000;

/** What this needs. */
export interface FlowsToForgetOptions {
  readonly conntrack: Conntrack;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Carries out what is asked for, now or later. */
export class FlowsToForget {
  readonly #options: FlowsToForgetOptions;
  #pending: readonly ForgetFlows[] = [];
  #retryMs = 0;

  constructor(options: FlowsToForgetOptions) {
    this.#options = options;
  }

  /** When something is to be tried again, or undefined when nothing waits. */
  nextMs(): number | undefined {
    return this.#pending.length > 0 ? this.#retryMs : undefined;
  }

  /** Asks for `operations`, and tries what waits. Returns how many entries went. Never rejects. */
  async forget(operations: readonly ForgetFlows[]): Promise<number> {
    const { conntrack, clock, log } = this.#options;
    const isDue = this.#pending.length > 0 && this.#retryMs <= clock.nowMs();
    if (operations.length === 0 && !isDue) return 0;
    const all = [...this.#pending, ...operations];
    try {
      const deleted = await conntrack.forget(all);
      this.#pending = [];
      return deleted;
    } catch (err) {
      this.#pending = all.slice(-FORGET_PENDING_MAX);
      this.#retryMs = clock.nowMs() + FORGET_RETRY_MS;
      log.error({ err, flows: all.length }, "stale UDP flows could not be deleted; trying again");
      return 0;
    }
  }
}
