/**
 * The agent: a source of cluster objects on one side, the kernel on the other, passes in between.
 * Owns the loops and nothing else; what a pass does is in `passes.ts`.
 */
import { Pacer } from "../base/pacer.ts";
import type { Change } from "../kube/change.ts";
import type { ServiceId, SocketKey } from "../model/virtual-service.ts";
import type { Counts } from "../observe/metrics.ts";
import type { AgentOptions } from "./agent-options.ts";
import { FindingsLog } from "./findings-log.ts";
import { countsOf } from "./held-counts.ts";
import { Passes, type PassResult } from "./passes.ts";
import { type AgentStatus, statusOf } from "./status.ts";
import { Store } from "./store.ts";
import type { Trigger } from "./triggers.ts";

/** First wait after a pass that failed as a whole; it doubles up to the second. */
const PASS_RETRY_MS = 200;
const PASS_RETRY_MS_MAX = 30_000;

/** How often it is looked whether a pass has removed what was inherited. */
const INHERIT_POLL_MS = 50;

/** Refusals that one log line names. */
const REFUSED_LOGGED_MAX = 10;

/** Keeps the kernel equal to a source of cluster objects. */
export class Agent {
  readonly #options: AgentOptions;
  readonly #store: Store;
  readonly #passes: Passes;
  readonly #findings: FindingsLog;
  readonly #startedMs: number;
  readonly #pacer: Pacer;
  #wake = new AbortController();
  #last: PassResult | undefined;
  /** From the start of a pass until it succeeds: the pacer repeats a failed one, at its own pace. */
  #isInPass = false;
  #verified: "no" | "waits" | "yes" = "no";

  constructor(options: AgentOptions) {
    const { clock, log, nodeName, nodePortAddresses, bindAddress } = options;
    this.#options = options;
    this.#store = new Store({ nodeName, nodePortAddresses, bindAddress, interfaceAddresses: [] });
    this.#passes = new Passes({ ...options, store: this.#store });
    this.#findings = new FindingsLog(this.#passes.index, log, options.observer);
    this.#startedMs = clock.wallMs();
    this.#pacer = new Pacer(() => this.#pass(), {
      minMs: options.minSyncPeriodMs,
      retryMs: PASS_RETRY_MS,
      retryMsMax: PASS_RETRY_MS_MAX,
      clock,
      onError: (err) => log.error({ err }, "a pass failed as a whole; reading the kernel again"),
    });
  }

  /** Works until `signal` is aborted, and leaves the kernel as it is. */
  async run(signal: AbortSignal): Promise<void> {
    const { source } = this.#options;
    const pacer = this.#pacer;
    const ended = new AbortController();
    const end = (): void => {
      ended.abort();
      this.#wake.abort();
    };
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    const reminders = this.#remind(pacer, ended.signal);
    try {
      this.#followKernel(pacer);
      for await (const changes of source.changes(signal)) {
        for (const change of changes) this.#store.accept(change);
        this.#tell(changes);
        pacer.request();
      }
    } finally {
      signal.removeEventListener("abort", end);
      end();
      await Promise.all([pacer.stop(), reminders]);
      await this.#passes.flows.close();
    }
  }

  /**
   * Has a pass remove the virtual services that `isTheirs` is true of: those on addresses of this node that no
   * Service wants, outside of the excluded ranges. Returns their ids when the kernel has them no more; rejects
   * when `signal` is aborted before.
   */
  async inherit(
    isTheirs: (key: SocketKey) => boolean,
    signal: AbortSignal,
  ): Promise<readonly ServiceId[]> {
    const { inheritance } = this.#passes;
    const claimed = await inheritance.claim(isTheirs);
    if (claimed.length > 0) this.#pacer.request();
    while (!inheritance.isSettled) {
      await this.#options.clock.sleep(INHERIT_POLL_MS, signal);
      signal.throwIfAborted();
    }
    return claimed;
  }

  /** Counts for gauges that are read when somebody asks. */
  counts(): Counts {
    return countsOf({
      passes: this.#passes,
      services: this.#store.serviceCount,
      sourceProblems: this.#options.source.problems().length,
      isPictureComplete: this.#store.picture === "complete",
    });
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

  /** Node addresses and the packet filter are followed: others change them, too. */
  #followKernel(pacer: Pacer): void {
    const { kernel } = this.#options;
    kernel.nodeAddresses.onChange(() => {
      this.#passes.doubtAddresses();
      pacer.request();
    });
    kernel.filter.onForeignChange(() => {
      this.#passes.doubtFilter();
      pacer.request();
    });
  }

  /** Metrics and health hear of changes before the pass that makes them. */
  #tell(changes: readonly Change[]): void {
    const { observer } = this.#options;
    const count = (kind: Change["kind"]): number =>
      changes.filter((change) => change.kind === kind).length;
    observer.changed({ services: count("service"), slices: count("slice") });
    if (count("node") + count("replaced") > 0) observer.nodeSeen(this.#store.nodeObject);
    observer.passQueued();
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
    const { observer, onPass, clock } = this.#options;
    const startMs = clock.nowMs();
    this.#isInPass = true;
    const { picture, circumstances } = this.#store;
    if (picture !== "none") observer.passBegun();
    const triggers = this.#store.triggers.take();
    const result = await this.#passes.run().catch((error: unknown) => {
      const tookMs = clock.nowMs() - startMs;
      observer.passEnded({ outcome: "failed", tookMs, operations: [] });
      throw error;
    });
    this.#isInPass = false;
    if (!result) return;
    this.#findings.report(result.planned);
    this.#report(result);
    this.#tellOfPass(result, this.#doneOf(triggers, result));
    if (!this.#last || result.planned.length > 0) onPass();
    this.#last = result;
    this.#wake.abort();
    if (result.left > 0) {
      observer.passQueued();
      this.#pacer.request();
    }
    if (!circumstances.awaitsPeers) this.#verify(picture === "complete");
  }

  /**
   * A pass that ends has had every write acknowledged, refusals aside, which stand until they go through. What
   * waits for that may wait for long: why is said once.
   */
  #verify(isComplete: boolean): void {
    const { log, onVerified } = this.#options;
    if (this.#verified === "yes") return;
    const refused = this.#passes.failures.all().map(({ operation }) => operation);
    if (isComplete && refused.length === 0) {
      this.#verified = "yes";
      onVerified();
    } else if (this.#verified === "no") {
      this.#verified = "waits";
      const until = isComplete
        ? "the kernel takes what it refuses now"
        : "every object of the source can be read";
      log.warn(
        { refused: refused.slice(0, REFUSED_LOGGED_MAX), total: refused.length },
        `what kube-proxy may have left on this node stays until ${until}`,
      );
    }
  }

  /** Those of Services that wait are for the pass that takes them. */
  #doneOf(triggers: readonly Trigger[], { planned, left }: PassResult): readonly Trigger[] {
    if (left === 0) return triggers;
    const names = new Set(planned);
    const waits = (name: string): boolean => this.#store.isDirty(name) && !names.has(name);
    return this.#store.triggers.sort(triggers, waits);
  }

  #tellOfPass({ refused, tookMs, operations }: PassResult, triggers: readonly Trigger[]): void {
    const { observer, clock } = this.#options;
    observer.passEnded({
      outcome: refused.length > 0 ? "partly" : "succeeded",
      tookMs,
      operations,
    });
    for (const { family, triggerMs } of triggers) {
      // What happened before this process is not its doing.
      if (triggerMs >= this.#startedMs) observer.programmed(family, clock.wallMs() - triggerMs);
    }
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
