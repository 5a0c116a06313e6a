/** The pace of level-triggered work: any number of requests is one run, and runs never overlap. */
import type { Clock } from "./clock.ts";

/** How fast and how stubborn. */
export interface PacerOptions {
  /** Least time from the end of a run to the start of the next. */
  readonly minMs: number;
  /** Wait before a failed run is repeated; doubles with each failure in a row. */
  readonly retryMs: number;
  /** Longest such wait. */
  readonly retryMsMax: number;
  readonly clock: Clock;
  /** Told of each failed run, before it is repeated. Must not throw. */
  readonly onError: (err: unknown) => void;
}

/**
 * Runs a function when asked to.
 *
 *            request             run ends, nothing asked
 *     idle -----------> running --------------------------> idle
 *       ^                | ^  \  run fails
 *       |       asked    v |   '---------> waiting (retryMs, doubling) ---> running
 *       |       meanwhile: waits minMs             ^ a request cuts this wait short to minMs
 *
 * The first request after idle starts the run before the current task ends its microtasks, unless
 * the last run ended less than `minMs` ago.
 */
export class Pacer {
  readonly #run: () => Promise<void>;
  readonly #options: PacerOptions;
  readonly #stop = new AbortController();
  #requested = false;
  #failures = 0;
  #endedMs = Number.NEGATIVE_INFINITY;
  #retryWait: AbortController | undefined;
  #loop: Promise<void> | undefined;

  constructor(run: () => Promise<void>, options: PacerOptions) {
    this.#run = run;
    this.#options = options;
  }

  /** Asks for a run that starts after this call. Does nothing once stopped. */
  request(): void {
    if (this.#stop.signal.aborted) return;
    this.#requested = true;
    this.#retryWait?.abort();
    this.#loop ??= this.#work();
  }

  /** Starts no further run, and resolves when the present one has ended. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#retryWait?.abort();
    await this.#loop;
  }

  async #work(): Promise<void> {
    // A run must not start inside request(): the caller may still be changing what it reads.
    await Promise.resolve();
    while (!this.#stop.signal.aborted && (this.#requested || this.#failures > 0)) {
      if (!this.#requested) await this.#waitForRetry();
      await this.#waitForPace();
      if (this.#stop.signal.aborted) break;
      this.#requested = false;
      try {
        await this.#run();
        this.#failures = 0;
      } catch (err) {
        this.#failures += 1;
        this.#options.onError(err);
      }
      this.#endedMs = this.#options.clock.nowMs();
    }
    this.#loop = undefined;
  }

  async #waitForRetry(): Promise<void> {
    const { clock, retryMs, retryMsMax } = this.#options;
    const wait = new AbortController();
    this.#retryWait = wait;
    await clock.sleep(Math.min(retryMs * 2 ** (this.#failures - 1), retryMsMax), wait.signal);
    this.#retryWait = undefined;
  }

  async #waitForPace(): Promise<void> {
    const { clock, minMs } = this.#options;
    const waitMs = this.#endedMs + minMs - clock.nowMs();
    if (waitMs > 0) await clock.sleep(waitMs, this.#stop.signal);
  }
}
