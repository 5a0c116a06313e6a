/**
 * Which packet filter objects are wanted, counted: several virtual services may need the same one, and it
 * goes with the last of them. Remembers which ids to look at.
 */
import { type FilterObject, type FilterObjectId, filterObjectId } from "../model/packet-filter.ts";

interface Wish {
  readonly object: FilterObject;
  readonly users: number;
}

/** The objects that the virtual services in force need. */
export class FilterWishes {
  readonly #wishes = new Map<FilterObjectId, Wish>();
  #dirty = new Set<FilterObjectId>();

  get(id: FilterObjectId): FilterObject | undefined {
    return this.#wishes.get(id)?.object;
  }

  ids(): IterableIterator<FilterObjectId> {
    return this.#wishes.keys();
  }

  use(objects: readonly FilterObject[]): void {
    for (const object of objects) {
      const id = filterObjectId(object);
      this.#dirty.add(id);
      this.#wishes.set(id, { object, users: (this.#wishes.get(id)?.users ?? 0) + 1 });
    }
  }

  release(objects: readonly FilterObject[]): void {
    for (const object of objects) {
      const id = filterObjectId(object);
      const wish = this.#wishes.get(id);
      if (!wish) continue;
      this.#dirty.add(id);
      if (wish.users === 1) this.#wishes.delete(id);
      else this.#wishes.set(id, { object: wish.object, users: wish.users - 1 });
    }
  }

  markDirty(ids: Iterable<FilterObjectId>): void {
    for (const id of ids) this.#dirty.add(id);
  }

  /** The ids that may have changed since the last call. */
  takeDirty(): ReadonlySet<FilterObjectId> {
    const taken = this.#dirty;
    this.#dirty = new Set();
    return taken;
  }
}
