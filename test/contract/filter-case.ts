/** What the contract of `PacketFilter` is made of. */
import assert from "node:assert/strict";
import {
  type FilterElement,
  type FilterObject,
  type FilterOperation,
  filterObjectText,
} from "../../src/model/packet-filter.ts";
import type { PacketFilter } from "../../src/nft/packet-filter.ts";

/** Somebody's ruleset with nothing of ours in it, and what somebody else may do to it. */
export interface OpenFilter {
  readonly filter: PacketFilter;
  /** `nft flush ruleset`. */
  flushRuleset(): Promise<void>;
  /** Somebody else takes an element out. */
  takeOut(element: FilterElement): Promise<void>;
  /** Leaves nothing of ours behind. */
  dispose(): Promise<void>;
}

/** What cases get: a ruleset for the time of `body`, with the filter configured. */
export type WithFilter = (body: (opened: OpenFilter) => Promise<void>) => () => Promise<void>;

/** Asserts that our tables hold exactly these. */
export async function holds(filter: PacketFilter, wanted: readonly FilterObject[]): Promise<void> {
  const { tables, objects } = await filter.read();
  assert.equal(tables, "as-wanted");
  assert.deepEqual(
    objects.map(filterObjectText).toSorted(),
    wanted.map(filterObjectText).toSorted(),
  );
}

/** Asserts that all of it goes through. */
export async function write(
  filter: PacketFilter,
  operations: readonly FilterOperation[],
): Promise<void> {
  assert.deepEqual(await filter.write(operations), []);
}
