/**
 * Things that only one Service can have, and who has each: the older Service, one of unknown age after all
 * others, then the smaller name. Each call costs as much as there are Services that want the one thing.
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
  readonly #contested = new Map<Key, readonly Value[]>();

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

  /** The Services that want what another one has. */
  losers(): ObjectName[] {
    return [...this.#contested.values()].flatMap((claims) =>
      claims.slice(1).map(({ owner }) => owner),
    );
  }

  add(key: Key, value: Value): void {
    const holder = this.#held.get(key);
    if (!holder) {
      this.#held.set(key, value);
      this.#options.onChange(undefined, value);
      return;
    }
    this.#settle(key, [...(this.#contested.get(key) ?? [holder]), value]);
  }

  remove(key: Key, owner: ObjectName): void {
    const others = this.#contested.get(key)?.filter((claim) => claim.owner !== owner) ?? [];
    this.#settle(key, others);
  }

  /** Decides who of `claims` has the thing. */
  #settle(key: Key, claims: readonly Value[]): void {
    const sorted = [...claims].sort((a, b) => this.#compare(a, b));
    const before = this.#held.get(key);
    const [after] = sorted;
    if (after) this.#held.set(key, after);
    else this.#held.delete(key);
    if (sorted.length > 1) this.#contested.set(key, sorted);
    else this.#contested.delete(key);
    if (before !== after) this.#options.onChange(before, after);
  }

  #compare(a: Value, b: Value): number {
    const ageA = this.#options.createdMs(a.owner) || Number.POSITIVE_INFINITY;
    const ageB = this.#options.createdMs(b.owner) || Number.POSITIVE_INFINITY;
    if (ageA !== ageB) return ageA - ageB;
    return a.owner < b.owner ? -1 : 1;
  }
}
