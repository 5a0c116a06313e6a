/** What a retry begins with: reads again what the kernel refused to change. */
import type { Address } from "../model/address.ts";
import type { FilterObjectId } from "../model/packet-filter.ts";
import type { ServiceId, ServiceKey } from "../model/virtual-service.ts";
import type { FilterReading } from "../nft/packet-filter.ts";
import type { DirtyKeys } from "../plan/diff.ts";
import { reread } from "./adopt.ts";
import type { Kernel } from "./kernel.ts";
import type { Mirror } from "./mirror.ts";
import type { Subject } from "./refusal.ts";

/** Reads `subjects` into the mirror; returns them as what the diff has to look at. */
export async function lookAgain(
  kernel: Kernel,
  mirror: Mirror,
  subjects: readonly Subject[],
): Promise<DirtyKeys> {
  const services = new Map<ServiceId, ServiceKey>();
  const addresses = new Set<Address>();
  const filters = new Set<FilterObjectId>();
  for (const subject of subjects) {
    if (subject.kind === "address") addresses.add(subject.address);
    else if (subject.kind === "filter") filters.add(subject.id);
    else services.set(subject.id, subject.key);
  }
  await reread(kernel, mirror, [...services.values()]);
  if (addresses.size > 0) {
    for (const address of await rereadAddresses(kernel, mirror)) addresses.add(address);
  }
  if (filters.size > 0) {
    for (const id of await rereadFilters(kernel, mirror)) filters.add(id);
  }
  return { services, addresses, filters };
}

/** Reads our nftables tables into the mirror; returns what differs from before. */
export async function rereadFilters(
  kernel: Kernel,
  mirror: Mirror,
): Promise<readonly FilterObjectId[]> {
  return mirror.loadFilters(await readFilter(kernel));
}

/**
 * What our nftables tables hold. Other ranges of pods are put in place at once; tables with other rules are in
 * force until the writing half of the pass has replaced them.
 */
export async function readFilter({ filter }: Pick<Kernel, "filter">): Promise<FilterReading> {
  const found = await filter.read();
  if (found.tables !== "other-ranges") return found;
  await filter.setPodRanges();
  return { ...found, tables: "as-wanted" };
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
