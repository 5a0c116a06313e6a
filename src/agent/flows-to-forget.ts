/**
 * Flows whose connection tracking entries must still go. Finding them takes a look at all flows of the node,
 * which no pass waits for. They are not in any table that could be read again, so what failed is kept here
 * until it went through.
 */
import type { Logger } from "pino";
import type { Clock } from "../base/clock.ts";
import type { Conntrack } from "../conntrack/conntrack.ts";
import type { ForgetFlows } from "../model/flows.ts";

/** Wait after a failure. */
export const FORGET_RETRY_MS = 1_000;

/** Operations that wait at the same time; the oldest are dropped, as their flows die of age by then. */
export const FLOWS_PENDING_MAX = 10_000;

/** What this needs. */
export interface FlowsToForgetOptions {
  readonly conntrack: Conntrack;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Carries out what is asked for beside the passes: what comes meanwhile is one look more, however much it is. */
export class FlowsToForget {
  readonly #options: FlowsToForgetOptions;
  readonly #closing = new AbortController();
  #pending: readonly ForgetFlows[] = [];
  /** Undefined while nothing is to be done. */
  #work: Promise<void> | undefined;

  constructor(options: FlowsToForgetOptions) {
    this.#options = options;
  }

  /** Asks for `operations`; returns at once. */
  ask(operations: readonly ForgetFlows[]): void {
    if (operations.length === 0 || this.#closing.signal.aborted) return;
    this.#pending = [...this.#pending, ...operations].slice(-FLOWS_PENDING_MAX);
    this.#work ??= this.#forgetAll().finally(() => {
      this.#work = undefined;
    });
  }

  /** Resolves when nothing is left to be done. */
  async idle(): Promise<void> {
    await this.#work;
  }

  /** Lets the request that is on its way end, and begins no other. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#work;
  }

  /** Never rejects. */
  async #forgetAll(): Promise<void> {
    const { conntrack, clock, log } = this.#options;
    const { signal } = this.#closing;
    while (this.#pending.length > 0 && !signal.aborted) {
      const taken = this.#pending;
      this.#pending = [];
      try {
        await conntrack.forget(taken);
      } catch (err) {
        this.#pending = [...taken, ...this.#pending].slice(-FLOWS_PENDING_MAX);
        log.error(
          { err, flows: taken.length },
          "stale UDP flows could not be deleted; trying again",
        );
        await clock.sleep(FORGET_RETRY_MS, signal);
      }
    }
  }
}
