/** What a refusal holds back besides its own subject. Pure. */
import type { Address } from "../model/address.ts";
import { type ServiceId, type ServiceKey, serviceId } from "../model/virtual-service.ts";
import { type DirtyKeys, NO_FILTERS } from "../plan/diff.ts";
import type { Mirror } from "./mirror.ts";
import type { Subject } from "./refusal.ts";

/**
 * Everything on the addresses of `subjects`: an address without a virtual service was not bound, and
 * virtual services stayed while their address could not leave or another one could not come.
 */
export function around(mirror: Mirror, subjects: readonly Subject[]): DirtyKeys {
  const services = new Map<ServiceId, ServiceKey>();
  const addresses = new Set<Address>();
  for (const subject of subjects) {
    if (subject.kind === "address") addresses.add(subject.address);
    else if (subject.kind === "service" && !("mark" in subject.key))
      addresses.add(subject.key.address);
  }
  for (const { service } of mirror.entries()) {
    const { key } = service;
    if (!("mark" in key) && addresses.has(key.address)) services.set(serviceId(key), key);
  }
  return { services, addresses, filters: NO_FILTERS };
}
