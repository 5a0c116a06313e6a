/** The writing half of a pass: from dirty keys to the kernel, remembering what failed and what drains now. */
import type { Logger } from "pino";
import type { Clock } from "../base/clock.ts";
import type { Address } from "../model/address.ts";
import { objectName } from "../model/cluster.ts";
import { type ServiceId, serviceId } from "../model/virtual-service.ts";
import {
  type Changes,
  type DirtyKeys,
  diffInParts,
  NO_FILTERS,
  SERVICES_PER_PART_MAX,
} from "../plan/diff.ts";
import type { PlanIndex } from "../plan/index-of-plans.ts";
import { apply, NO_CHANGES, type Outcome, sumOutcomes } from "./apply.ts";
import { around } from "./around.ts";
import type { Drainer } from "./drainer.ts";
import type { Failures } from "./failures.ts";
import type { FlowsToForget } from "./flows-to-forget.ts";
import { HeldBack, type HeldBackOptions } from "./held-back.ts";
import { withoutHeld, withoutRemovals } from "./hold-back.ts";
import type { Kernel } from "./kernel.ts";
import type { Mirror } from "./mirror.ts";
import { Progress } from "./progress.ts";
import { keyOf } from "./refusal.ts";
import { remember } from "./remember.ts";
import { splitFirst } from "./split-first.ts";

/** The Service that everything else on a node needs first. */
export const FIRST_SERVICE = objectName("default", "kubernetes");

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
    const dirty = this.#options.index.takeDirty();
    this.heldBack.claim(dirty);
    const { first, rest } = splitFirst(dirty, this.#options.index.plan(FIRST_SERVICE));
    const outcomes: Outcome[] = [];
    for (const part of [first, rest]) {
      if (part.services.size + part.addresses.size + part.filters.size > 0)
        outcomes.push(await this.#write(part));
    }
    const removals = await this.#options.drainer.check();
    if (removals.length > 0) {
      const drained = new Map(removals.map(keyOf).map((key) => [serviceId(key), key]));
      const part = { services: drained, addresses: new Set<Address>(), filters: NO_FILTERS };
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
