/**
 * What may be written while something of the cluster cannot be read: nothing is taken from anybody, or
 * nothing from those whom it may be about. Pure.
 */
import { familyOf } from "../model/address.ts";
import type { ForgetFlows } from "../model/flows.ts";
import type { IpvsOperation } from "../model/operation.ts";
import { type FilterObject, type FilterOperation, filterObjectId } from "../model/packet-filter.ts";
import { type ServiceKey, serviceId } from "../model/virtual-service.ts";
import type { Changes, DirtyKeys } from "../plan/diff.ts";
import { NO_CHANGES } from "./apply.ts";
import { keyOf } from "./refusal.ts";

/** The additions of `changes`, and what must make room for them. */
export function withoutRemovals({ closings, additions, filters, binds }: Changes): Changes {
  return {
    ...NO_CHANGES,
    closings: filtersToWrite(closings, () => true),
    additions,
    filters: filtersToWrite(filters, () => true),
    binds,
  };
}

/** `changes` without what would take something from the virtual services, addresses and filters of `held`. */
export function withoutHeld(changes: Changes, held: DirtyKeys): Changes {
  const isFree = (operation: IpvsOperation): boolean =>
    !held.services.has(serviceId(keyOf(operation)));
  const frontends = frontendsOf(held.services.values());
  const isKept = (object: FilterObject): boolean => isHeld(object, held, frontends);
  return {
    closings: filtersToWrite(changes.closings, isKept),
    openings: filtersToWrite(changes.openings, isKept),
    additions: changes.additions,
    binds: changes.binds,
    filters: filtersToWrite(changes.filters, isKept),
    removals: changes.removals.filter(isFree),
    unbinds: changes.unbinds.filter(({ address }) => !held.addresses.has(address)),
    deletions: changes.deletions.filter(isFree),
    forgets: changes.forgets.filter((flows) => !held.services.has(serviceId(frontendKey(flows)))),
  };
}

function filtersToWrite(
  filters: readonly FilterOperation[],
  isKept: (object: FilterObject) => boolean,
): readonly FilterOperation[] {
  const added = new Set(
    filters.filter(({ kind }) => kind === "add-filter").map(({ object }) => filterObjectId(object)),
  );
  return filters.filter(({ kind, object }) => {
    if (!isKept(object)) return true;
    if (kind === "add-filter") return !onlyRefuses(object);
    return added.has(filterObjectId(object)) || onlyRefuses(object);
  });
}

/**
 * Where endpoints have come the refusal must go. It does not come while endpoints may only be hidden:
 * where there are none, IPVS refuses by itself.
 */
function onlyRefuses(object: FilterObject): boolean {
  if (object.kind !== "element") return false;
  return object.set === "no-endpoints" || object.set === "node-port-no-endpoints";
}

/** An element of a frontend goes with the virtual service, whoever asks for that. */
function isHeld(object: FilterObject, held: DirtyKeys, frontends: ReadonlySet<string>): boolean {
  if (object.kind === "source-chain") return held.filters.has(filterObjectId(object));
  switch (object.set) {
    case "service-addresses":
      return held.addresses.has(object.key);
    case "node-addresses":
      return false;
    case "hairpin":
    case "given-marks":
      return held.filters.has(filterObjectId(object));
    default:
      return frontends.has(`${object.family} ${object.key}`);
  }
}

/** The keys that elements of these virtual services have, by address and by node port. */
function frontendsOf(keys: Iterable<ServiceKey>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const key of keys) {
    if ("mark" in key) continue;
    const { address, protocol, port } = key;
    const family = familyOf(address);
    found.add(`${family} ${address} . ${protocol} . ${port}`);
    found.add(`${family} ${protocol} . ${port}`);
  }
  return found;
}

function frontendKey({ protocol, frontend }: ForgetFlows): ServiceKey {
  return { protocol, ...frontend };
}
