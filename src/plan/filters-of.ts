/** The packet filter objects that one plan wants. */
import { type FilterObjectId, filterObjectId } from "../model/packet-filter.ts";
import { serviceAddressId } from "./service-addresses.ts";
import type { ServicePlan } from "./service-plan.ts";

/** Their ids, those of its addresses included. */
export function filtersOf({ virtualServices, addresses }: ServicePlan): Set<FilterObjectId> {
  const ids = new Set(addresses.map(serviceAddressId));
  for (const { elements } of virtualServices) {
    for (const object of elements) ids.add(filterObjectId(object));
  }
  return ids;
}
