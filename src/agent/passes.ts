/**
 * One pass: look at everything that asks for attention, plan what changed, write the difference,
 * remember what failed. Passes never overlap; whatever comes meanwhile waits for the next one.
 *
 *   first pass:  plan all -> read the kernel -> diff everything -> apply
 *   later ones:  due retries, audit step, drain check -> plan dirty Services -> diff dirty keys -> apply
 */
import type { Logger } from "pino";
import type { Clock } from "../base/clock.ts";
import type { Address } from "../model/address.ts";
import { type ObjectName, objectName } from "../model/cluster.ts";
import { type ServiceId, serviceId } from "../model/virtual-service.ts";
import {
  type Changes,
  type DirtyKeys,
  diffInParts,
  NO_FILTERS,
  SERVICES_PER_PART_MAX,
} from "../plan/diff.ts";
import { FirewallMarks } from "../plan/firewall-marks.ts";
import { PlanIndex } from "../plan/index-of-plans.ts";
import type { PlanOptions } from "../plan/service.ts";
import type { Adopted } from "./adopt.ts";
import { apply, keyOf, NO_CHANGES, type Outcome, sumOutcomes } from "./apply.ts";
import { around } from "./around.ts";
import { Audit } from "./audit.ts";
import { Drainer } from "./drainer.ts";
import { Failures } from "./failures.ts";
import type { Kernel } from "./kernel.ts";
import { lookAgain } from "./look-again.ts";
import { Mirror } from "./mirror.ts";
import { type Planner, planAll, withoutTheirScheduler } from "./planner.ts";
import { Progress } from "./progress.ts";
import { remember } from "./remember.ts";
import { Schedulers } from "./schedulers.ts";
import { schedulersRefused } from "./schedulers-refused.ts";
import { splitFirst } from "./split-first.ts";
import type { Store } from "./store.ts";
import { takeStock } from "./take-stock.ts";

/** The Service that everything else on a node needs first. */
export const FIRST_SERVICE = objectName("default", "kubernetes");

/** Differences that one log line names; the rest is only counted. */
const DRIFT_LOGGED_MAX = 10;

/** What the passes need. */
export interface PassesOptions {
  readonly kernel: Kernel;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly planOptions: PlanOptions;
  /** Time in which the audit should go round once. */
  readonly auditPeriodMs: number;
}

/** What one pass did. */
export interface PassResult extends Outcome {
  readonly pass: number;
  /** The Services that were planned. */
  readonly planned: readonly ObjectName[];
  readonly tookMs: number;
}

/** The state that passes share, and the pass itself. */
export class Passes {
  readonly index = new PlanIndex();
  readonly mirror = new Mirror();
  readonly failures = new Failures();
  readonly schedulers: Schedulers;
  readonly drainer: Drainer;
  readonly #audit: Audit;
  readonly #planner: Planner;
  readonly #options: PassesOptions;
  #adopted: Adopted | undefined;
  #unsure = false;
  /** At the start of the pass: it may become complete while plans of the partial picture are written. */
  #sawComplete = false;
  #count = 0;

  constructor(options: PassesOptions) {
    const { kernel, store, clock, planOptions } = options;
    const { mirror, index } = this;
    this.#options = options;
    this.schedulers = new Schedulers(kernel.ipvs, clock);
    this.drainer = new Drainer({ ipvs: kernel.ipvs, clock, current: mirror, desired: index });
    this.#audit = new Audit({
      kernel,
      mirror,
      desired: index,
      clock,
      periodMs: options.auditPeriodMs,
    });
    this.#planner = {
      store,
      mirror,
      index,
      schedulers: this.schedulers,
      options: planOptions,
      marks: new FirewallMarks(),
    };
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
    const due = [this.#audit.nextMs(), this.drainer.nextMs(), this.failures.nextMs()];
    return Math.min(...due.filter((ms): ms is number => ms !== undefined));
  }

  /**
   * Does one pass. Undefined, and nothing is written, before anything is known of the cluster.
   * Rejects when a socket or the kernel fails as a whole; the next pass then begins with a full reading.
   */
  async run(): Promise<PassResult | undefined> {
    const { store, clock } = this.#options;
    if (store.picture === "none") return undefined;
    const startMs = clock.nowMs();
    let planned: ObjectName[] = [];
    try {
      const becameComplete = this.#becameComplete();
      const readAll = !this.#adopted || this.#unsure || becameComplete;
      if (!readAll) await this.#lookAround();
      planned = store.takeDirty();
      await planAll(this.#planner, planned, "plan");
      if (readAll) await this.#readAll();
      const outcomes = [await this.#settle()];
      const refused = schedulersRefused(outcomes[0]?.refused ?? [], this);
      await planAll(this.#planner, refused, "kernel");
      // What had to wait for something that went through just now.
      outcomes.push(await this.#settle());
      this.#count++;
      return {
        ...sumOutcomes(outcomes),
        pass: this.#count,
        planned,
        tookMs: clock.nowMs() - startMs,
      };
    } catch (error) {
      store.touch(planned);
      this.#unsure = true;
      throw error;
    }
  }

  /** Reads the whole kernel, and marks everything that is there or wanted for the diff. */
  async #readAll(): Promise<void> {
    const { kernel } = this.#options;
    await kernel.link.ensure();
    const isFirst = this.#adopted === undefined;
    this.#adopted = await takeStock(this.#planner, kernel, { isFirst });
    this.#unsure = false;
    // What drained may be gone altogether.
    this.#noticeDrains([...this.mirror.ids(), ...this.drainer.all().map(({ service }) => service)]);
  }

  /** Retries, audit and drain: what time brings, not the cluster. */
  async #lookAround(): Promise<void> {
    const { kernel, clock } = this.#options;
    const due = this.failures.due(clock.nowMs());
    if (due.length > 0) this.index.markDirty(await lookAgain(kernel, this.mirror, due));
    const audited = await this.#audit.step();
    if (audited && audited.drift.length > 0) {
      const { drift, services, addresses } = audited;
      this.#options.log.warn(
        { drift: drift.slice(0, DRIFT_LOGGED_MAX), total: drift.length },
        "the kernel differed from what was written; repairing",
      );
      this.index.markDirty({ services, addresses, filters: NO_FILTERS });
    }
    const found = await this.schedulers.relearn();
    if (found.length > 0) {
      this.#options.store.touch(withoutTheirScheduler(this.index, ["scheduler-missing"]));
    }
  }

  /** Writes the difference of all dirty keys; the first Service's before all others. */
  async #settle(): Promise<Outcome> {
    const dirty = this.index.takeDirty();
    const { first, rest } = splitFirst(dirty, this.index.plan(FIRST_SERVICE));
    const outcomes: Outcome[] = [];
    for (const part of [first, rest]) {
      if (part.services.size + part.addresses.size + part.filters.size > 0)
        outcomes.push(await this.#write(part));
    }
    const removals = await this.drainer.check();
    if (removals.length > 0) {
      const drained = new Map(removals.map(keyOf).map((key) => [serviceId(key), key]));
      const part = { services: drained, addresses: new Set<Address>(), filters: NO_FILTERS };
      outcomes.push(await this.#send([{ ...NO_CHANGES, removals }], part));
    }
    return sumOutcomes(outcomes);
  }

  async #write(dirty: DirtyKeys): Promise<Outcome> {
    return this.#send(this.#parts(dirty), dirty);
  }

  /** The difference of `dirty`, part by part; nothing is taken away while the picture is partial. */
  *#parts(dirty: DirtyKeys): Generator<Changes, void> {
    const { clock, log } = this.#options;
    const total = dirty.services.size;
    const progress = new Progress({ total, clock, log });
    let done = 0;
    for (const part of diffInParts(this.mirror, this.index, dirty)) {
      const { additions, binds } = part;
      yield this.#sawComplete ? part : { ...NO_CHANGES, additions, binds };
      done = Math.min(done + SERVICES_PER_PART_MAX, total);
      progress.report(done);
    }
  }

  /** What was held back while the picture was partial is looked at again once it is complete. */
  #becameComplete(): boolean {
    const before = this.#sawComplete;
    this.#sawComplete = this.#options.store.picture === "complete";
    return this.#sawComplete && !before;
  }

  async #send(parts: Iterable<Changes>, dirty: DirtyKeys): Promise<Outcome> {
    const { kernel, clock, log } = this.#options;
    const outcome = await apply(parts, { kernel, mirror: this.mirror, desired: this.index });
    const mended = remember(this.failures, outcome, { dirty, clock, log });
    if (mended.length > 0) this.index.markDirty(around(this.mirror, mended));
    this.#noticeDrains(dirty.services.keys());
    return outcome;
  }

  /** Nothing is known to drain while the picture is partial: what is not wanted may only be hidden. */
  #noticeDrains(ids: Iterable<ServiceId>): void {
    if (!this.#sawComplete) return;
    for (const id of ids) this.drainer.notice(id);
  }
}
