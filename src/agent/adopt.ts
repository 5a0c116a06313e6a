/**
 * Reads the whole kernel state into the mirror: at the start, and whenever the outcome of a write is
 * unknown. Says whose a virtual service is; never writes.
 */
import type { ObservedDestination } from "../model/counters.ts";
import {
  type Destination,
  type ServiceId,
  type ServiceKey,
  sameSettings,
  serviceId,
  type VirtualService,
} from "../model/virtual-service.ts";
import type { FilterReading } from "../nft/packet-filter.ts";
import type { DesiredState } from "../plan/diff.ts";
import type { PlannedService } from "../plan/service-plan.ts";
import { holdsAll } from "./holds-all.ts";
import type { Kernel } from "./kernel.ts";
import type { Mirror } from "./mirror.ts";
import type { Ownership } from "./ownership.ts";

/** What a reading of the kernel found. */
export interface Adopted {
  readonly services: number;
  readonly destinations: number;
  readonly addresses: number;
  /** False: our nftables tables are not there, or not with the rules that the settings ask for. */
  readonly hasFilterTables: boolean;
  /** Elements and chains in our nftables tables. */
  readonly filterObjects: number;
  /** Virtual services that others made: see {@link Ownership}. */
  readonly foreign: number;
}

/** Virtual services whose destinations are read at a time: what a reading leaves behind dies young. */
const SERVICES_PER_READING = 100;

/** Where a reading goes, and what it is held against. */
export interface Adopting {
  readonly mirror: Mirror;
  readonly ownership: Ownership;
  /** Destinations that are as a plan wants them are kept once, in the plan's own map. */
  readonly index: Pick<DesiredState, "entry">;
}

/** Loads what is ours into `mirror`, replacing what it held. `filter`: what our nftables tables hold. */
export async function adopt(
  { ipvs, link }: Kernel,
  { mirror, ownership, index }: Adopting,
  filter: FilterReading,
): Promise<Adopted> {
  mirror.loadAddresses((await link.addresses()) ?? []);
  mirror.loadFilters(filter);
  const ours: VirtualService[] = [];
  let foreign = 0;
  await ipvs.eachService(({ key, settings }) => {
    if (ownership.has(key)) ours.push({ key, settings });
    else foreign += 1;
  });
  const gone = new Set<ServiceId>(mirror.ids());
  let destinationCount = 0;
  for (let start = 0; start < ours.length; start += SERVICES_PER_READING) {
    const some = ours.slice(start, start + SERVICES_PER_READING);
    const destinations = await ipvs.destinations(some.map(({ key }) => key));
    for (const [at, { key, settings }] of some.entries()) {
      const found = destinations[at];
      // Deleted by somebody between the two dumps: it stays out of the mirror.
      if (!found) continue;
      const id = serviceId(key);
      gone.delete(id);
      destinationCount += found.length;
      take(mirror, { service: { key, settings }, found, planned: index.entry(id) });
    }
  }
  for (const id of gone) mirror.forget(id);
  return {
    services: mirror.serviceCount,
    destinations: destinationCount,
    addresses: mirror.addresses().size,
    hasFilterTables: filter.tables === "as-wanted",
    filterObjects: mirror.filterCount,
    foreign,
  };
}

/** Reads single virtual services again, where what the kernel holds is in doubt. */
export async function reread(
  { ipvs }: Kernel,
  mirror: Mirror,
  keys: readonly ServiceKey[],
): Promise<void> {
  if (keys.length === 0) return;
  const wanted = new Set(keys.map(serviceId));
  const settings = new Map<ServiceId, VirtualService>();
  await ipvs.eachService((service) => {
    const id = serviceId(service.key);
    if (wanted.has(id)) settings.set(id, service);
  });
  const destinations = await ipvs.destinations(keys);
  for (const [index, key] of keys.entries()) {
    const service = settings.get(serviceId(key));
    const found = destinations[index];
    if (service && found) load(mirror, service, found);
    else mirror.forget(serviceId(key));
  }
}

/** What is as planned is kept once. */
function take(
  mirror: Mirror,
  {
    service,
    found,
    planned,
  }: {
    readonly service: VirtualService;
    readonly found: readonly ObservedDestination[];
    readonly planned: PlannedService | undefined;
  },
): void {
  if (!planned || !holdsAll(planned.destinations, found)) {
    load(mirror, service, found);
    return;
  }
  const isAsPlanned = sameSettings(planned.service.settings, service.settings);
  mirror.loadPlanned({
    service: isAsPlanned ? planned.service : service,
    destinations: planned.destinations,
  });
}

/** Without the counters of the dump, so that the mirror does not keep them alive. */
function load(
  mirror: Mirror,
  { key, settings }: VirtualService,
  destinations: readonly ObservedDestination[],
): void {
  // A dump shows the newest destination first; the mirror keeps the order of adding.
  mirror.load({ key, settings }, [...destinations].reverse().map(withoutCounters));
}

function withoutCounters(destination: ObservedDestination): Destination {
  const { address, port, weight, forward, upperThreshold, lowerThreshold, tunnel } = destination;
  return { address, port, weight, forward, upperThreshold, lowerThreshold, tunnel };
}
