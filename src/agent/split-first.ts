/** Puts one Service's keys before all others: a node needs the API server's address first. */
import type { DirtyKeys } from "../plan/diff.ts";
import { filtersOf } from "../plan/filters-of.ts";
import type { ServicePlan } from "../plan/service-plan.ts";

/** The part of `dirty` that `plan` is about, and the rest. */
export function splitFirst(
  dirty: DirtyKeys,
  plan: ServicePlan | undefined,
): { readonly first: DirtyKeys; readonly rest: DirtyKeys } {
  const first = { services: new Map(), addresses: new Set<string>(), filters: new Set<string>() };
  const planned = plan?.virtualServices.filter(({ id }) => dirty.services.has(id)) ?? [];
  if (!plan || planned.length === 0) return { first, rest: dirty };
  const rest = {
    services: new Map(dirty.services),
    addresses: new Set(dirty.addresses),
    filters: new Set(dirty.filters),
  };
  for (const { id, service } of planned) {
    first.services.set(id, service.key);
    rest.services.delete(id);
  }
  for (const address of plan.addresses) {
    if (rest.addresses.delete(address)) first.addresses.add(address);
  }
  for (const id of filtersOf(plan)) {
    if (rest.filters.delete(id)) first.filters.add(id);
  }
  return { first, rest };
}
