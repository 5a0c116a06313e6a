/**
 * One pass: look at everything that asks for attention, plan what changed, write the difference,
 * remember what failed. Passes never overlap; whatever comes meanwhile waits for the next one.
 *
 *   first pass:  plan all -> read the kernel -> diff everything -> apply
 *                (where the kernel is empty, one Service is planned and written before all others)
 *   later ones:  due retries, audit step, drain check -> plan dirty Services (of thousands a part)
 *                -> diff dirty keys -> apply
 */
import type { Logger } from "pino";
import type { Clock } from "../base/clock.ts";
import type { ObjectName } from "../model/cluster.ts";
import type { Range } from "../model/range.ts";
import type { AgentObserver } from "../observe/agent-observer.ts";
import type { PlanIndex } from "../plan/index-of-plans.ts";
import type { PlanOptions } from "../plan/service.ts";
import type { Adopted } from "./adopt.ts";
import { Audit } from "./audit.ts";
import { Drainer } from "./drainer.ts";
import { repair } from "./drift.ts";
import { Failures } from "./failures.ts";
import { FlowsToForget } from "./flows-to-forget.ts";
import { type HealthChecks, HealthCheckTeller } from "./health-check-teller.ts";
import { Inheritance } from "./inheritance.ts";
import type { Kernel } from "./kernel.ts";
import { lookAgain, readFilter, rereadFilters } from "./look-again.ts";
import type { Mirror } from "./mirror.ts";
import { type Outcome, sumOutcomes } from "./outcome.ts";
import { FIRST_SERVICE, PassWriter } from "./pass-writer.ts";
import { createPlanner, type Planner, planAll, withoutTheirScheduler } from "./planner.ts";
import { Portions, type PortionsOptions } from "./portions.ts";
import type { Schedulers } from "./schedulers.ts";
import { schedulersRefused } from "./schedulers-refused.ts";
import type { Store } from "./store.ts";
import { isUntouched, takeStock } from "./take-stock.ts";
import { ThisNode, type ThisNodeOptions } from "./this-node.ts";

/** What the passes need. */
export interface PassesOptions
  extends Pick<ThisNodeOptions, "filterSettings" | "onNodeAddresses">,
    Pick<PortionsOptions, "minSyncPeriodMs" | "portion"> {
  readonly kernel: Kernel;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly planOptions: PlanOptions;
  /** Time in which the audit should go round once. */
  readonly auditPeriodMs: number;
  /** Virtual services of others have addresses in these. */
  readonly excludeRanges: readonly Range[];
  readonly observer: AgentObserver;
  /** What `kube-ipvs status` and load balancers are told of each Service. */
  readonly healthChecks: HealthChecks;
}

/** What one pass did. */
export interface PassResult extends Outcome {
  readonly pass: number;
  /** The Services that were planned, and how many more are for the next pass. */
  readonly planned: readonly ObjectName[];
  readonly left: number;
  readonly tookMs: number;
}

/** The state that passes share, and the pass itself. */
export class Passes {
  readonly index: PlanIndex;
  readonly mirror: Mirror;
  readonly failures = new Failures();
  readonly schedulers: Schedulers;
  readonly drainer: Drainer;
  readonly flows: FlowsToForget;
  readonly inheritance: Inheritance;
  readonly #audit: Audit;
  readonly #planner: Planner;
  readonly #writer: PassWriter;
  readonly #thisNode: ThisNode;
  readonly #teller: HealthCheckTeller;
  readonly #portions: Portions;
  readonly #options: PassesOptions;
  #adopted: Adopted | undefined;
  #unsure = false;
  /** At the start of the pass: it may become complete while plans of the partial picture are written. */
  #sawComplete = false;
  #count = 0;

  constructor(options: PassesOptions) {
    const { kernel, clock, auditPeriodMs: periodMs } = options;
    const { ipvs, conntrack } = kernel;
    this.#options = options;
    this.#planner = createPlanner({ ...options, ipvs, options: options.planOptions });
    const { mirror, index, schedulers, ownership } = this.#planner;
    this.mirror = mirror;
    this.index = index;
    this.schedulers = schedulers;
    this.drainer = new Drainer({ ipvs, clock, current: mirror, desired: index });
    this.inheritance = new Inheritance(kernel, this.#planner);
    this.#audit = new Audit({ kernel, mirror, ownership, clock, periodMs });
    this.flows = new FlowsToForget({ ...options, conntrack });
    this.#thisNode = new ThisNode({ ...options, planner: this.#planner });
    this.#portions = new Portions({ ...options, index });
    const { drainer, failures, flows } = this;
    this.#teller = new HealthCheckTeller({ ...options, index, failures });
    this.#writer = new PassWriter({
      ...options,
      mirror,
      index,
      drainer,
      failures,
      flows,
      seesAll: () => this.#sawComplete,
    });
  }

  /** What the first reading of the kernel found; undefined before it. */
  get adopted(): Adopted | undefined {
    return this.#adopted;
  }

  /** Number of passes so far. */
  get count(): number {
    return this.#count;
  }

  /** When something is due that no change of the cluster announces. */
  nextMs(): number {
    const due = [this.#audit.pace.nextMs, this.drainer.nextMs(), this.failures.nextMs()];
    return Math.min(...due.filter((ms): ms is number => ms !== undefined));
  }

  /** Has the next pass read the addresses of this node again. */
  doubtAddresses(): void {
    this.#thisNode.doubtAddresses();
  }

  /** Has the next pass read the packet filter again: somebody else changed it, or its settings did. */
  doubtFilter(): void {
    this.#audit.doubtFilters();
  }

  /**
   * Does one pass. Undefined, and nothing is written, before anything is known of the cluster.
   * Rejects when a socket or the kernel fails as a whole; the next pass then begins with a full reading.
   */
  async run(): Promise<PassResult | undefined> {
    const { store, clock } = this.#options;
    if (store.picture === "none") return undefined;
    const startMs = clock.nowMs();
    let planned: readonly ObjectName[] = [];
    try {
      const becameComplete = this.#becameComplete();
      const readAll = !this.#adopted || this.#unsure || becameComplete;
      this.#writer.heldBack.letGo();
      const audited = !readAll && (await this.#lookAround());
      await this.#thisNode.readAddresses();
      planned = readAll ? store.takeDirty() : this.#portions.take(startMs);
      const start = readAll ? await this.#headStart(planned) : undefined;
      await planAll(this.#planner, planned, "plan");
      const claimants = this.#portions.takeClaimants(this.mirror);
      planned = [...planned, ...claimants];
      await planAll(this.#planner, claimants, "plan");
      if (this.#thisNode.use() && !readAll) await this.#rereadFilter();
      this.#teller.tellLess(planned);
      if (readAll && !start) await this.#readAll();
      this.index.markDirty(await this.inheritance.take());
      const outcomes = [...(start ? [start] : []), await this.#writer.settle()];
      await planAll(
        this.#planner,
        schedulersRefused(outcomes.at(-1)?.refused ?? [], this),
        "kernel",
      );
      // What had to wait for something that went through just now.
      const sum = sumOutcomes([...outcomes, await this.#writer.settle()]);
      this.#teller.tellAll();
      // Reading the node's addresses is done for the audit, too.
      if (audited && planned.length === 0 && sum.applied === 0) this.#audit.pace.end(startMs);
      this.#count++;
      const tookMs = clock.nowMs() - startMs;
      this.#portions.took(tookMs);
      return { ...sum, pass: this.#count, planned, left: store.dirtyCount, tookMs };
    } catch (error) {
      store.touch(planned);
      this.#unsure = true;
      throw error;
    }
  }

  /**
   * On a node that serves nothing yet, the first Service does not wait for the plans of all others: an
   * empty kernel holds nothing that only they could tell from what others made. Undefined elsewhere.
   */
  async #headStart(planned: readonly ObjectName[]): Promise<Outcome | undefined> {
    const isFirst = this.#adopted === undefined && planned.includes(FIRST_SERVICE);
    if (!isFirst || !(await isUntouched(this.#options.kernel))) return undefined;
    await planAll(this.#planner, [FIRST_SERVICE], "plan");
    this.#thisNode.use();
    await this.#readAll();
    return await this.#writer.settleFirst();
  }

  /** Reads the whole kernel, and marks everything that is there or wanted for the diff. */
  async #readAll(): Promise<void> {
    const { kernel } = this.#options;
    await kernel.link.ensure();
    this.#audit.trustFilters();
    const filter = await readFilter(kernel);
    const isFirst = this.#adopted === undefined;
    this.#adopted = await takeStock(this.#planner, kernel, { isFirst, filter });
    this.#unsure = false;
    if (isFirst) this.#writer.heldBack.found();
    // What drained may be gone altogether.
    this.#writer.noticeDrains([
      ...this.mirror.ids(),
      ...this.drainer.all().map(({ service }) => service),
    ]);
  }

  /** The settings of the packet filter changed: where that means other rules, this pass replaces the tables. */
  async #rereadFilter(): Promise<void> {
    const filters = new Set(await rereadFilters(this.#options.kernel, this.mirror));
    this.index.markDirty({ services: new Map(), addresses: new Set(), filters });
  }

  /** Retries, audit and drain: what time brings, not the cluster. True when there was a step of the audit. */
  async #lookAround(): Promise<boolean> {
    const { kernel, clock } = this.#options;
    const due = this.failures.due(clock.nowMs());
    if (due.length > 0) this.index.markDirty(await lookAgain(kernel, this.mirror, due));
    const doubted = await this.#audit.doubted();
    const audited = await this.#audit.step();
    for (const found of [doubted, audited]) {
      if (found) repair(found, { ...this.#options, index: this.index });
    }
    // Nobody may have told of a change: the audit looks at these, too.
    if (audited?.isNodeDue) this.#thisNode.doubtAddresses();
    const found = await this.schedulers.relearn();
    if (found.length > 0) {
      this.#options.store.touch(withoutTheirScheduler(this.index, ["scheduler-missing"]));
    }
    return audited !== undefined;
  }

  /** What was held back while the picture was partial is looked at again once it is complete. */
  #becameComplete(): boolean {
    const before = this.#sawComplete;
    this.#sawComplete = this.#options.store.picture === "complete";
    return this.#sawComplete && !before;
  }
}
