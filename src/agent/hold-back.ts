/** What may be written while the picture of the cluster is partial: nothing is taken from anybody. Pure. */
import { type FilterObject, type FilterOperation, filterObjectId } from "../model/packet-filter.ts";
import type { Changes } from "../plan/diff.ts";
import { NO_CHANGES } from "./apply.ts";

/** The additions of `changes`, and what must make room for them. */
export function withoutRemovals({ additions, filters, binds }: Changes): Changes {
  return { ...NO_CHANGES, additions, binds, filters: filtersToWrite(filters) };
}

function filtersToWrite(filters: readonly FilterOperation[]): readonly FilterOperation[] {
  const added = new Set(
    filters.filter(({ kind }) => kind === "add-filter").map(({ object }) => filterObjectId(object)),
  );
  return filters.filter(
    ({ kind, object }) =>
      kind === "add-filter" || added.has(filterObjectId(object)) || onlyRefuses(object),
  );
}

/** Where endpoints have come the refusal must go; where the Service may only be hidden, IPVS refuses by itself. */
function onlyRefuses(object: FilterObject): boolean {
  if (object.kind !== "element") return false;
  return object.set === "no-endpoints" || object.set === "node-port-no-endpoints";
}
