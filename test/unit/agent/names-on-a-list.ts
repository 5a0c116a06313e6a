/** Portions of names on a list that a test fills. */
import { Portions, type PortionsOptions } from "../../../src/agent/portions.ts";
import { shop } from "./node-under-test.ts";

export const PORTION = { first: 2, min: 1, max: 4 };

/** Names on a list; those that begin with `serving` serve. */
export function listOf(...names: readonly string[]) {
  const dirty = new Set(names);
  const gives = { up: false };
  const changes = { count: 0 };
  const options: PortionsOptions = {
    store: {
      service: (name) => (name.startsWith("gone") ? undefined : shop(name, 1).service),
      get dirtyCount() {
        return dirty.size;
      },
      get changeCount() {
        return changes.count;
      },
      takeDirty: (choose) => {
        const taken = choose?.(dirty) ?? [...dirty];
        for (const name of taken) dirty.delete(name);
        return taken;
      },
    },
    index: {
      serves: (name) => !name.startsWith("new"),
      givesUpAnyOf: () => gives.up,
    },
    minSyncPeriodMs: 10,
    portion: PORTION,
  };
  const portions = new Portions(options);
  const take = (): readonly string[] => portions.take(0);
  return { portions, take, options, dirty, gives, changes };
}
