/**
 * The agent: a source of cluster objects on one side, the kernel on the other, passes in between.
 * Owns the loops and nothing else; what a pass does is in `passes.ts`.
 */
import type { Logger } from "pino";
import type { Clock } from "../base/clock.ts";
import { Pacer } from "../base/pacer.ts";
import type { ClusterSource } from "../kube/change.ts";
import type { PlanOptions } from "../plan/service.ts";
import { FindingsLog } from "./findings-log.ts";
import type { Kernel } from "./kernel.ts";
import { Passes, type PassResult } from "./passes.ts";
import { type AgentStatus, statusOf } from "./status.ts";
import { Store } from "./store.ts";

/** First wait after a pass that failed as a whole; it doubles up to the second. */
const PASS_RETRY_MS = 200;
const PASS_RETRY_MS_MAX = 30_000;

/** What an agent is made of. */
export interface AgentOptions {
  readonly nodeName: string;
  readonly source: ClusterSource;
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly log: Logger;
  readonly planOptions: PlanOptions;
  /** Least time between two passes. */
  readonly minSyncPeriodMs: number;
  /** Time in which the audit should go round once. */
  readonly auditPeriodMs: number;
  /** Called once, when the first pass is over and nothing more is waited for. */
  readonly onFirstSync: () => void;
}

/** Keeps the kernel equal to a source of cluster objects. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #store: Store;
  readonly #passes: Passes;
  readonly #findings: FindingsLog;
  readonly #startedMs: number;
  #wake = new AbortController();
  #last: PassResult | undefined;
  /** From the start of a pass until it succeeds: the pacer repeats a failed one, at its own pace. */
  #isInPass = false;

  constructor(options: AgentOptions) {
    const { kernel, clock, log, planOptions, auditPeriodMs } = options;
    this.#options = options;
    this.#store = new Store(options.nodeName);
    this.#passes = new Passes({
      kernel,
      store: this.#store,
      clock,
      log,
      planOptions,
      auditPeriodMs,
    });
    this.#findings = new FindingsLog(this.#passes.index, log);
    this.#startedMs = clock.wallMs();
  }

  /** Works until `signal` is aborted, and leaves the kernel as it is. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, log, minSyncPeriodMs, source } = this.#options;
    const pacer = new Pacer(() => this.#pass(), {
      minMs: minSyncPeriodMs,
      retryMs: PASS_RETRY_MS,
      retryMsMax: PASS_RETRY_MS_MAX,
      clock,
      onError: (err) => log.error({ err }, "a pass failed as a whole; reading the kernel again"),
    });
    const ended = new AbortController();
    const end = (): void => {
      ended.abort();
      this.#wake.abort();
    };
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    const reminders = this.#remind(pacer, ended.signal);
    try {
      for await (const changes of source.changes(signal)) {
        for (const change of changes) this.#store.accept(change);
        pacer.request();
      }
    } finally {
      signal.removeEventListener("abort", end);
      end();
      await Promise.all([pacer.stop(), reminders]);
    }
  }

  /** Everything worth knowing about the agent, for `kube-ipvs status`. */
  status(): AgentStatus {
    return statusOf({
      nodeName: this.#options.nodeName,
      startedMs: this.#startedMs,
      source: this.#options.source,
      store: this.#store,
      passes: this.#passes,
      last: this.#last,
      nowMs: this.#options.clock.nowMs(),
    });
  }

  /** Asks for a pass when the audit, a drain or a retry is due. */
  async #remind(pacer: Pacer, ended: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!ended.aborted) {
      this.#wake = new AbortController();
      const knowsTime = this.#last !== undefined && !this.#isInPass;
      const waitMs = knowsTime ? this.#passes.nextMs() - clock.nowMs() : REMINDER_MS_MAX;
      const boundedMs = Math.min(Math.max(waitMs, REMINDER_MS_MIN), REMINDER_MS_MAX);
      await clock.sleep(boundedMs, this.#wake.signal);
      const isIdle = this.#last !== undefined && !this.#isInPass;
      if (isIdle && this.#passes.nextMs() <= clock.nowMs()) pacer.request();
    }
  }

  async #pass(): Promise<void> {
    this.#isInPass = true;
    const result = await this.#passes.run();
    this.#isInPass = false;
    if (!result) return;
    this.#findings.report(result.planned);
    this.#report(result);
    if (!this.#last) this.#options.onFirstSync();
    this.#last = result;
    this.#wake.abort();
  }

  #report(result: PassResult): void {
    const { log } = this.#options;
    const { pass, planned, applied, skipped, refused } = result;
    const fields = { pass, planned: planned.length, applied, skipped, refused: refused.length };
    const tookMs = Math.round(result.tookMs * 10) / 10;
    if (!this.#last) {
      const adopted = this.#passes.adopted;
      log.info({ ...fields, tookMs, found: adopted }, "first sync finished");
    } else if (applied + skipped + refused.length > 0) {
      log.info({ ...fields, tookMs }, "pass finished");
    }
  }
}

/** Bounds of the wait between two looks at what is due. */
const REMINDER_MS_MIN = 5;
const REMINDER_MS_MAX = 60_000;
