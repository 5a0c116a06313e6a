/**
 * How much of what changed one pass takes: where thousands of Services come or go at once, changes of those
 * that serve must not wait for all of them. They go between, all that there are, in passes of their own. Does no I/O.
 *
 * The events of a burst are read before much of it is written, for changes of those that serve come behind them in
 * the same stream.
 *
 * A part is as large as what the one before cost, for that differs by more than a hundred: the kernel
 * searches a list of deleted destinations at each addition. So each burst begins with a few, and what goes is no
 * measure of what comes. After these no part is so small that more than a third of the time would be what each pass
 * costs whatever it does.
 */
import type { ObjectName } from "../model/cluster.ts";
import type { CurrentState } from "../plan/diff.ts";
import type { PlanIndex } from "../plan/index-of-plans.ts";
import { BurstReading } from "./burst-reading.ts";
import type { Store } from "./store.ts";

/** Services that come or go in one pass. */
export interface PortionBounds {
  /** In the first of a burst; so few are no burst, and are taken whole. More where passes are to be rare. */
  readonly first: number;
  readonly min: number;
  readonly max: number;
}

const BOUNDS: PortionBounds = { first: 4, min: 1, max: 1_000 };

/**
 * What a pass over a part is to take, in milliseconds: three times the quickest pass of late, between these; more
 * where passes are to be rare.
 */
export const PORTION_MS = { min: 40, max: 200 } as const;

const QUICKEST_PASSES = 3;

/** Services that serve not yet, and those that are gone. */
type Way = "coming" | "going";

/** What waits; of those that come or go the first ones. */
interface Waiting extends Record<Way | "serving", ObjectName[]> {
  /** All that come or go. */
  others: number;
}

/** How much longer the quickest one counts as after each other pass: what was so once is not so for ever. */
const FORGETTING = 1.1;

/** What says which Services wait, and which of them serve. */
export interface PortionsOptions {
  readonly store: Pick<Store, "service" | "takeDirty" | "dirtyCount" | "changeCount">;
  readonly index: Pick<PlanIndex, "serves" | "givesUpAnyOf">;
  /** The least time between two passes. */
  readonly minSyncPeriodMs: number;
  readonly portion?: PortionBounds;
}

/**
 * Whose turn it is. A part that gives up a virtual service, its last endpoint or an address is planned with all
 * that exists and waits, for one of those may want it: nobody is to lose connections because two changes were
 * told apart.
 */
export class Portions {
  readonly #options: PortionsOptions;
  /** How long the quickest pass of late took: next to nothing of it is for what changed. */
  #quickestMs = Number.POSITIVE_INFINITY;
  readonly #bounds: PortionBounds;
  readonly #first: number;
  /** How many come, or go, in the next part. */
  #most: Record<Way, number>;
  /** Of this pass, where it is a part of one way alone. */
  #part: { readonly way: Way; readonly size: number } | undefined;
  /** The last pass took none of those that come or go: they are next, unless more of them are being read. */
  #othersWaited = false;
  /** Of those, as many as the last pass left. */
  #left = 0;
  readonly #reading = new BurstReading();
  /** Those of the store up to the last pass. */
  #changes = 0;
  /** This pass does nothing: it is no measure of those that do. */
  #isIdle = false;

  constructor(options: PortionsOptions) {
    this.#options = options;
    this.#bounds = options.portion ?? BOUNDS;
    const { first, max } = this.#bounds;
    const perPass = Math.round((first * options.minSyncPeriodMs) / PORTION_MS.min);
    this.#first = Math.min(Math.max(first, perPass), max);
    this.#most = { coming: this.#first, going: this.#first };
  }

  /**
   * Takes what the next pass is to plan, in the order in which it changed: all of it where that is little. Nothing
   * where all that there is waits for the rest of its burst.
   */
  take(nowMs: number): readonly ObjectName[] {
    const { store } = this.#options;
    this.#part = undefined;
    // Where none wait any more the burst is over, and the next one begins anew.
    if (this.#left === 0) this.#most = { coming: this.#first, going: this.#first };
    const taken = store.takeDirty((dirty) => {
      if (dirty.size > this.#first) return this.#choose(dirty, nowMs);
      this.#othersWaited = false;
      this.#left = 0;
      return [...dirty];
    });
    this.#changes = store.changeCount;
    this.#isIdle = taken.length === 0 && store.dirtyCount > 0;
    return taken;
  }

  /** The pass took so long. */
  took(tookMs: number): void {
    const part = this.#part;
    this.#part = undefined;
    // Others than these may have been taken, too.
    this.#left = Math.min(this.#left, this.#options.store.dirtyCount);
    if (this.#isIdle) return;
    // A part is no measure of what passes cost anyway, or it would grow by itself.
    const forgetting = part === undefined ? FORGETTING : 1;
    this.#quickestMs = Math.min(tookMs, this.#quickestMs * forgetting);
    if (part === undefined || part.size !== this.#most[part.way]) return;
    const fitting = Math.round((part.size * this.#aimMs) / Math.max(tookMs, 1));
    const { min, max } = this.#bounds;
    this.#most[part.way] = Math.min(Math.max(fitting, min), max, 2 * part.size);
  }

  get #aimMs(): number {
    const ms = this.#quickestMs * QUICKEST_PASSES;
    const bounded = Math.min(Math.max(ms, PORTION_MS.min), PORTION_MS.max);
    return Math.max(bounded, this.#options.minSyncPeriodMs);
  }

  /** To be asked when the part is planned: takes what may want anything of `current` that it gives up. */
  takeClaimants(current: Pick<CurrentState, "entry" | "hasAddress">): readonly ObjectName[] {
    const { store, index } = this.#options;
    if (store.dirtyCount === 0 || !index.givesUpAnyOf(current)) return [];
    return store.takeDirty((dirty) => [...dirty].filter((name) => store.service(name)));
  }

  /**
   * What exists may want what goes leaves behind, and goes first; with the last of it goes what else there is, for
   * some may come for ever.
   */
  #choose(dirty: ReadonlySet<ObjectName>, nowMs: number): readonly ObjectName[] {
    const { serving, coming, going, others } = this.#waiting(dirty);
    const isTheirTurn =
      others > 0 &&
      (this.#othersWaited || serving.length === 0) &&
      !this.#isBeingRead(serving.length, nowMs);
    this.#othersWaited = !isTheirTurn;
    if (coming.length === 0) this.#most.coming = this.#first;
    if (going.length === 0) this.#most.going = this.#first;
    const taken = isTheirTurn ? this.#takePart(coming, going) : [];
    this.#left = others - taken.length;
    return isTheirTurn ? taken : serving;
  }

  /** The first part does not wait: it is small, and may be all that there is. */
  #isBeingRead(serving: number, nowMs: number): boolean {
    const { store, minSyncPeriodMs } = this.#options;
    // Where passes are rare there is time enough between them.
    if (this.#left === 0 || minSyncPeriodMs > PORTION_MS.min) return false;
    return this.#reading.goesOn(store.changeCount - this.#changes - serving, nowMs);
  }

  #takePart(coming: readonly ObjectName[], going: readonly ObjectName[]): readonly ObjectName[] {
    const isLast = coming.length < this.#most.coming;
    if (coming.length === 0) this.#part = { way: "going", size: going.length };
    else if (going.length === 0 || !isLast) this.#part = { way: "coming", size: coming.length };
    return isLast ? [...coming, ...going] : coming;
  }

  /** All that serve, and of the others as many as a part may have of each way; and how many others there are. */
  #waiting(dirty: ReadonlySet<ObjectName>): Waiting {
    const { store, index } = this.#options;
    const waiting: Waiting = { serving: [], coming: [], going: [], others: 0 };
    for (const name of dirty) {
      const way = store.service(name) ? "coming" : "going";
      if (way === "coming" && index.serves(name)) {
        waiting.serving.push(name);
        continue;
      }
      waiting.others += 1;
      if (waiting[way].length < this.#most[way]) waiting[way].push(name);
    }
    return waiting;
  }
}
