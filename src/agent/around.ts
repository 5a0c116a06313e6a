/** What a refusal holds back besides its own subject. Pure. */
import type { Address } from "../model/address.ts";
import {
  type ServiceId,
  type ServiceKey,
  type SocketKey,
  serviceId,
} from "../model/virtual-service.ts";
import { type DirtyKeys, NO_FILTERS } from "../plan/diff.ts";
import { guardedFrontend, isGuard } from "../plan/guards.ts";
import type { Mirror } from "./mirror.ts";
import type { Subject } from "./refusal.ts";

/**
 * Everything on the addresses of `subjects`: an address without a virtual service was not bound, virtual
 * services stayed while their address could not leave or another one could not come, a frontend did not come
 * without its source ranges, and source ranges stayed with their virtual services.
 */
export function around(mirror: Mirror, subjects: readonly Subject[]): DirtyKeys {
  const services = new Map<ServiceId, ServiceKey>();
  const addresses = new Set<Address>();
  for (const subject of subjects) {
    if (subject.kind === "address") addresses.add(subject.address);
    const key = frontendOf(subject);
    if (!key) continue;
    addresses.add(key.address);
    services.set(serviceId(key), key);
  }
  for (const { service } of mirror.entries()) {
    const { key } = service;
    if (!("mark" in key) && addresses.has(key.address)) services.set(serviceId(key), key);
  }
  const filters = addresses.size > 0 ? [...mirror.filterIds()].filter(isGuard) : NO_FILTERS;
  return { services, addresses, filters: new Set(filters) };
}

function frontendOf(subject: Subject): SocketKey | undefined {
  if (subject.kind === "filter") {
    return isGuard(subject.id) ? guardedFrontend(subject.id) : undefined;
  }
  return subject.kind === "service" && !("mark" in subject.key) ? subject.key : undefined;
}
