/**
 * Elements and source chains of the packet filter: current to desired. Pure.
 *
 * What keeps clients out is apart from the rest, for it must be there before what it guards, and go after
 * it. Each part is one transaction, which the kernel carries out in the given order: what refers to a
 * chain leaves before it and comes after it, and an element whose value changes leaves before it comes.
 */
import {
  type FilterObject,
  type FilterObjectId,
  type FilterOperation,
  filterObjectId,
  sameFilterObject,
} from "../model/packet-filter.ts";
import { isGuard } from "./guards.ts";

/** Who holds or wants an object. */
type Lookup = (id: FilterObjectId) => FilterObject | undefined;

/** What becomes of objects. */
export interface FilterChanges {
  /** Guards that come, or change in place. */
  readonly closings: readonly FilterOperation[];
  /** All that is no guard. */
  readonly filters: readonly FilterOperation[];
  /** Guards that go for good. */
  readonly openings: readonly FilterOperation[];
}

interface Moves {
  readonly gone: FilterObject[];
  readonly come: FilterObject[];
}

const NOTHING: FilterChanges = { closings: [], filters: [], openings: [] };

/** Compares the objects of these ids. */
export function diffFilters(
  current: Lookup,
  desired: Lookup,
  ids: ReadonlySet<FilterObjectId>,
): FilterChanges {
  if (ids.size === 0) return NOTHING;
  const guards: Moves = { gone: [], come: [] };
  const others: Moves = { gone: [], come: [] };
  for (const id of [...ids].sort()) {
    const before = current(id);
    const after = desired(id);
    if (before && after && sameFilterObject(before, after)) continue;
    const to = isGuard(id) ? guards : others;
    if (before) to.gone.push(before);
    if (after) to.come.push(after);
  }
  return { ...guardChanges(guards), filters: inOrder(others) };
}

/** A chain goes with the last element that jumps to it: with those that change, where none goes for good. */
function guardChanges({ gone, come }: Moves): Pick<FilterChanges, "closings" | "openings"> {
  const changed = new Set(come.map(filterObjectId));
  const lost = gone.filter((object) => !changed.has(filterObjectId(object)));
  const isOpening = lost.some(isElement);
  return {
    closings: inOrder({ gone: isOpening ? without(gone, lost) : gone, come }),
    openings: isOpening ? inOrder({ gone: lost, come: [] }) : [],
  };
}

function without(all: readonly FilterObject[], some: readonly FilterObject[]): FilterObject[] {
  return all.filter((object) => !some.includes(object));
}

function inOrder({ gone, come }: Moves): readonly FilterOperation[] {
  return [
    ...gone.filter(isElement).map(remove),
    ...gone.filter(isChain).map(remove),
    ...come.filter(isChain).map(add),
    ...come.filter(isElement).map(add),
  ];
}

function isElement({ kind }: FilterObject): boolean {
  return kind === "element";
}

function isChain({ kind }: FilterObject): boolean {
  return kind === "source-chain";
}

function add(object: FilterObject): FilterOperation {
  return { kind: "add-filter", object };
}

function remove(object: FilterObject): FilterOperation {
  return { kind: "delete-filter", object };
}
