/**
 * Things that only one Service can have, and who has each: the older Service, one of unknown age after all
 * others, then the smaller name. A call compares with few of the Services that want the one thing: many
 * Services with thousands of ports may want the same.
 */
import type { ObjectName } from "../model/cluster.ts";

/** A wish for a thing. */
interface Claim {
  /** `namespace/name` of the Service that wants it. */
  readonly owner: ObjectName;
}

/** What {@link Claims} needs to know of its surroundings. */
export interface ClaimsOptions<Value> {
  /** `createdMs` of a Service; 0 when unknown. */
  readonly createdMs: (owner: ObjectName) => number;
  /** Called when another value than before is in force. */
  readonly onChange: (before: Value | undefined, after: Value | undefined) => void;
}

/** The wishes of all Services for things of one kind, by the key of each thing. */
export class Claims<Key, Value extends Claim> {
  readonly #options: ClaimsOptions<Value>;
  /** In force. */
  readonly #held = new Map<Key, Value>();
  /** Only where several want the same: all of them, the one in force first. */
  readonly #contested = new Map<Key, Value[]>();
  /** What several want, or wanted, and was touched since the last look; and who had it then. */
  readonly #touched = new Map<Key, ObjectName>();

  constructor(options: ClaimsOptions<Value>) {
    this.#options = options;
  }

  /** The wish that is in force. */
  get(key: Key): Value | undefined {
    return this.#held.get(key);
  }

  /** All that is in force. */
  values(): IterableIterator<Value> {
    return this.#held.values();
  }

  entries(): IterableIterator<[Key, Value]> {
    return this.#held.entries();
  }

  /** True when some Service does not get what it wants. */
  get hasLosers(): boolean {
    return this.#contested.size > 0;
  }

  /**
   * The Services that want, or have, what another one had at the last call. Who came or went meanwhile and
   * changed nobody else's lot is not among them.
   */
  takeReassigned(): ObjectName[] {
    const concerned: ObjectName[] = [];
    for (const [key, owner] of this.#touched) {
      const holder = this.#held.get(key);
      if (!holder || holder.owner === owner) continue;
      for (const claim of this.#contested.get(key) ?? [holder]) concerned.push(claim.owner);
    }
    this.#touched.clear();
    return concerned;
  }

  add(key: Key, value: Value): void {
    const holder = this.#held.get(key);
    if (!holder) {
      this.#held.set(key, value);
      this.#options.onChange(undefined, value);
      return;
    }
    const claims = this.#contested.get(key) ?? [holder];
    claims.splice(this.#placeOf(value, claims), 0, value);
    this.#settle(key, holder, claims);
  }

  remove(key: Key, owner: ObjectName): void {
    const holder = this.#held.get(key);
    if (!holder) return;
    const claims = this.#contested.get(key) ?? [holder];
    const at = claims.findIndex((claim) => claim.owner === owner);
    if (at === -1) return;
    claims.splice(at, 1);
    this.#settle(key, holder, claims);
  }

  /** The first of `claims` gets the thing that `before` had. */
  #settle(key: Key, before: Value, claims: Value[]): void {
    const isContested = claims.length > 1;
    if ((isContested || this.#contested.has(key)) && !this.#touched.has(key)) {
      this.#touched.set(key, before.owner);
    }
    const [after] = claims;
    if (after) this.#held.set(key, after);
    else this.#held.delete(key);
    if (isContested) this.#contested.set(key, claims);
    else this.#contested.delete(key);
    if (before !== after) this.#options.onChange(before, after);
  }

  /** Where `value` belongs among `claims`, which are in order: found by halving. */
  #placeOf(value: Value, claims: readonly Value[]): number {
    let from = 0;
    let to = claims.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      const other = claims[middle];
      if (other && this.#compare(other, value) < 0) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  #compare(a: Value, b: Value): number {
    const ageA = this.#options.createdMs(a.owner) || Number.POSITIVE_INFINITY;
    const ageB = this.#options.createdMs(b.owner) || Number.POSITIVE_INFINITY;
    if (ageA !== ageB) return ageA - ageB;
    return a.owner < b.owner ? -1 : 1;
  }
}
