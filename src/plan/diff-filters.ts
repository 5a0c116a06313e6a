/**
 * Elements and source chains of the packet filter: current to desired. Pure.
 *
 * All of a pass are one transaction, which the kernel carries out in the given order: what refers to a
 * chain leaves before it and comes after it, and an element whose value changes leaves before it comes.
 */
import {
  type FilterObject,
  type FilterObjectId,
  type FilterOperation,
  sameFilterObject,
} from "../model/packet-filter.ts";

/** Who holds or wants an object. */
type Lookup = (id: FilterObjectId) => FilterObject | undefined;

const NOTHING: readonly FilterOperation[] = [];

/** Compares the objects of these ids. */
export function diffFilters(
  current: Lookup,
  desired: Lookup,
  ids: ReadonlySet<FilterObjectId>,
): readonly FilterOperation[] {
  if (ids.size === 0) return NOTHING;
  const gone: FilterObject[] = [];
  const come: FilterObject[] = [];
  for (const id of [...ids].sort()) {
    const before = current(id);
    const after = desired(id);
    if (before && after && sameFilterObject(before, after)) continue;
    if (before) gone.push(before);
    if (after) come.push(after);
  }
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
