/** Reads the whole kernel against the plans, so that a diff of everything can follow. Writes nothing. */
import { type ServiceId, type ServiceKey, serviceId } from "../model/virtual-service.ts";
import type { FilterReading } from "../nft/packet-filter.ts";
import { type Adopted, adopt } from "./adopt.ts";
import type { Kernel } from "./kernel.ts";
import { type Planner, planAll, withLeftMarks, withoutTheirScheduler } from "./planner.ts";

interface Stock {
  readonly isFirst: boolean;
  readonly filter: FilterReading;
}

/**
 * Fills the planner's mirror from the kernel and marks all that is wanted or there as dirty.
 *
 * `isFirst`: the plans were made before the kernel was known. A Service whose scheduler annotation is
 * no good is planned again, so that what the kernel has had since before the start stays; so is one
 * that may have open connections by a firewall mark which it no longer needs.
 * `filter`: as {@link adopt} takes them.
 */
export async function takeStock(
  planner: Planner,
  kernel: Kernel,
  { isFirst, filter }: Stock,
): Promise<Adopted> {
  const { index, mirror } = planner;
  const adopted = await adopt(kernel, planner, filter);
  if (isFirst) {
    const names = withoutTheirScheduler(index, [
      "bad-scheduler",
      "scheduler-missing",
      "bad-scheduler-flags",
    ]);
    await planAll(planner, [...new Set([...names, ...withLeftMarks(planner)])], "kernel");
  }
  const services = new Map<ServiceId, ServiceKey>();
  for (const { service } of mirror.entries()) services.set(serviceId(service.key), service.key);
  index.markAllDirty();
  index.markDirty({
    services,
    addresses: mirror.addresses(),
    filters: new Set(mirror.filterIds()),
  });
  return adopted;
}

/** True where nothing serves yet: no address is bound for Services, and no virtual service is there. */
export async function isUntouched({ ipvs, link }: Kernel): Promise<boolean> {
  const addresses = await link.addresses();
  // Asked second, for it is the longer list on a node that does serve.
  return (addresses?.length ?? 0) === 0 && (await ipvs.services()).length === 0;
}
