/** What a retry begins with: reads again what the kernel refused to change. Writes nothing. */
import type { Address } from "../model/address.ts";
import type { ServiceId, ServiceKey } from "../model/virtual-service.ts";
import { type DirtyKeys, NO_FILTERS } from "../plan/diff.ts";
import { reread } from "./adopt.ts";
import type { Subject } from "./apply.ts";
import type { Kernel } from "./kernel.ts";
import type { Mirror } from "./mirror.ts";

/** Reads `subjects` into the mirror; returns them as what the diff has to look at. */
export async function lookAgain(
  kernel: Kernel,
  mirror: Mirror,
  subjects: readonly Subject[],
): Promise<DirtyKeys> {
  const services = new Map<ServiceId, ServiceKey>();
  const addresses = new Set<Address>();
  for (const subject of subjects) {
    if (subject.kind === "address") addresses.add(subject.address);
    else services.set(subject.id, subject.key);
  }
  await reread(kernel, mirror, [...services.values()]);
  if (addresses.size > 0) {
    for (const address of await rereadAddresses(kernel, mirror)) addresses.add(address);
  }
  return { services, addresses, filters: NO_FILTERS };
}

/** Returns all that differ from what was believed, also through what somebody else did meanwhile. */
async function rereadAddresses({ link }: Kernel, mirror: Mirror): Promise<readonly Address[]> {
  await link.ensure();
  const before = new Set(mirror.addresses());
  const held = new Set((await link.addresses()) ?? []);
  mirror.loadAddresses(held);
  return [
    ...[...before].filter((address) => !held.has(address)),
    ...[...held].filter((address) => !before.has(address)),
  ];
}
