/** The writing half of a pass: from dirty keys to the kernel, remembering what failed and what drains now. */
import type { Logger } from "pino";
import type { Clock } from "../base/clock.ts";
import { objectName } from "../model/cluster.ts";
import { type FilterOperation, filterObjectId } from "../model/packet-filter.ts";
import { type ServiceId, serviceId } from "../model/virtual-service.ts";
import {
  type Changes,
  type DirtyKeys,
  diff,
  diffInParts,
  NO_FILTERS,
  SERVICES_PER_PART_MAX,
} from "../plan/diff.ts";
import type { PlanIndex } from "../plan/index-of-plans.ts";
import { apply, NO_CHANGES } from "./apply.ts";
import { around } from "./around.ts";
import type { Drainer } from "./drainer.ts";
import type { Failures } from "./failures.ts";
import type { FlowsToForget } from "./flows-to-forget.ts";
import { HeldBack, type HeldBackOptions } from "./held-back.ts";
import { withoutHeld, withoutRemovals } from "./hold-back.ts";
import type { Kernel } from "./kernel.ts";
import type { Mirror } from "./mirror.ts";
import { type Outcome, sumOutcomes } from "./outcome.ts";
import { Progress } from "./progress.ts";
import { keyOf } from "./refusal.ts";
import { remember } from "./remember.ts";
import { splitFirst } from "./split-first.ts";

/** The Service that everything else on a node needs first. */
export const FIRST_SERVICE = objectName("default", "kubernetes");

const NO_SERVICES: DirtyKeys["services"] = new Map();
const NO_ADDRESSES: DirtyKeys["addresses"] = new Set();

/** What writing needs. */
export interface PassWriterOptions {
  readonly kernel: Kernel;
  readonly store: HeldBackOptions["store"];
  readonly mirror: Mirror;
  readonly index: PlanIndex;
  readonly drainer: Drainer;
  readonly failures: Failures;
  readonly flows: FlowsToForget;
  readonly clock: Clock;
  readonly log: Logger;
  /** False while something unreadable may hide objects that are in force. */
  readonly seesAll: () => boolean;
}

/** Writes what passes found to be different. */
export class PassWriter {
  readonly heldBack: HeldBack;
  readonly #options: PassWriterOptions;

  constructor(options: PassWriterOptions) {
    this.#options = options;
    this.heldBack = new HeldBack(options);
  }

  /** Writes the difference of all dirty keys; the first Service's before all others. */
  async settle(): Promise<Outcome> {
    const { index, mirror } = this.#options;
    const dirty = index.takeDirty();
    this.heldBack.claim(dirty);
    const outcomes: Outcome[] = [];
    const isServing = mirror.serviceCount > 0;
    let left = dirty;
    if (isServing && !mirror.hasFilterTables) {
      const { operations, filters } = this.#forNewTables(dirty.filters);
      outcomes.push(await this.#makeTables(operations));
      left = { ...dirty, filters };
    }
    const { first, rest } = splitFirst(left, index.plan(FIRST_SERVICE));
    for (const part of [first, rest]) {
      if (part.services.size + part.addresses.size + part.filters.size > 0)
        outcomes.push(await this.#write(part));
    }
    if (!mirror.hasFilterTables) outcomes.push(await this.#makeTables([]));
    const removals = await this.#options.drainer.check();
    if (removals.length > 0) {
      const drained = new Map(removals.map(keyOf).map((key) => [serviceId(key), key]));
      const part = { services: drained, addresses: NO_ADDRESSES, filters: NO_FILTERS };
      outcomes.push(await this.#send([{ ...NO_CHANGES, removals }], part));
    }
    return sumOutcomes(outcomes);
  }

  /** Writes the difference of the first Service alone; all else stays dirty. */
  async settleFirst(): Promise<Outcome> {
    const { index } = this.#options;
    const { first, rest } = splitFirst(index.takeDirty(), index.plan(FIRST_SERVICE));
    index.markDirty(rest);
    return this.#write(first);
  }

  /**
   * Where Services are served already, tables that are made anew come with all that they have to hold, in one
   * transaction and before all else, or some of it would be missing for a moment. What leaves them goes in its turn.
   */
  #forNewTables(dirty: DirtyKeys["filters"]): {
    readonly operations: readonly FilterOperation[];
    /** Those whose turn comes later. */
    readonly filters: DirtyKeys["filters"];
  } {
    const { mirror, index } = this.#options;
    const part = { services: NO_SERVICES, addresses: NO_ADDRESSES, filters: dirty };
    const all = diff(mirror, index, part);
    const { closings, filters } = withoutRemovals(all);
    const operations = [...closings, ...filters];
    const isWritten = new Set(operations);
    const later = [...all.closings, ...all.filters, ...all.openings].filter(
      (operation) => !isWritten.has(operation),
    );
    return { operations, filters: new Set(later.map(({ object }) => filterObjectId(object))) };
  }

  #makeTables(operations: readonly FilterOperation[]): Promise<Outcome> {
    const filters = new Set(operations.map(({ object }) => filterObjectId(object)));
    const part = { services: NO_SERVICES, addresses: NO_ADDRESSES, filters };
    return this.#send([{ ...NO_CHANGES, filters: operations }], part);
  }

  async #write(dirty: DirtyKeys): Promise<Outcome> {
    return this.#send(this.#parts(dirty), dirty);
  }

  /** The difference of `dirty`, part by part; nothing is taken away while the picture is partial. */
  *#parts(dirty: DirtyKeys): Generator<Changes, void> {
    const { clock, log, seesAll } = this.#options;
    const held = this.heldBack.keys();
    const total = dirty.services.size;
    const progress = new Progress({ total, clock, log });
    let done = 0;
    for (const part of diffInParts(this.#options.mirror, this.#options.index, dirty)) {
      if (!seesAll()) yield withoutRemovals(part);
      else yield held ? withoutHeld(part, held) : part;
      done = Math.min(done + SERVICES_PER_PART_MAX, total);
      progress.report(done);
    }
  }

  async #send(parts: Iterable<Changes>, dirty: DirtyKeys): Promise<Outcome> {
    const { kernel, clock, log, failures } = this.#options;
    const { mirror, index: desired, flows } = this.#options;
    const outcome = await apply(parts, { kernel, mirror, desired, flows, failures });
    this.#settle(dirty.services.keys());
    const mended = remember(failures, outcome, { dirty, clock, log });
    if (mended.length > 0) this.#options.index.markDirty(around(this.#options.mirror, mended));
    this.noticeDrains(dirty.services.keys());
    return outcome;
  }

  #settle(ids: Iterable<ServiceId>): void {
    for (const id of ids) {
      const planned = this.#options.index.entry(id);
      if (planned) this.#options.mirror.settlePlanned(planned);
    }
  }

  /** Nothing is known to drain where something may only be hidden. */
  noticeDrains(ids: Iterable<ServiceId>): void {
    const { seesAll, drainer } = this.#options;
    if (!seesAll()) return;
    const held = this.heldBack.keys()?.services;
    for (const id of ids) if (!held?.has(id)) drainer.notice(id);
  }
}
