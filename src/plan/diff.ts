/**
 * Current to desired, as the shortest safe list of operations. Pure.
 *
 * The order is the contract, in stages that are acknowledged one after the other:
 *
 *   closings    source ranges, before what they guard can be reached: it is never open to all
 *   additions   a virtual service before its destinations; what exists changes in place, one message each
 *   filters     the other elements of the packet filter, now that what they lead to is there
 *   binds       addresses, now that their virtual services have destinations
 *   removals    destinations go or get weight 0, after those that replace them came: no virtual service
 *               passes through none
 *   unbinds     an address leaves before its virtual services, so that no packet finds half of it
 *   deletions   virtual services, with all their destinations in one message
 *   openings    source ranges that nobody asks for, now that what must not outlive them is gone
 *   forgets     UDP flows to what is gone, which would else be followed for as long as clients send
 *
 * Inside a stage the order is that of the ids, and of the plan for destinations: it does not depend on
 * the order of the input. The kernel puts each new destination at the head of its list, so that `rr`
 * begins with the last of the plan's order: which one that is differs by node, and only that matters.
 *
 * A removed destination of a connection-keeping protocol is not deleted but set to weight 0; one that is
 * at weight 0 and not wanted is draining and left alone here. One that is wanted again is set, not added.
 */
import type { Address } from "../model/address.ts";
import { type ForgetFlows, flowsText } from "../model/flows.ts";
import type { AddressOperation, IpvsOperation, Operation } from "../model/operation.ts";
import type { FilterObject, FilterObjectId, FilterOperation } from "../model/packet-filter.ts";
import {
  type Destination,
  type Protocol,
  type ServiceId,
  type ServiceKey,
  sameDestination,
  sameSettings,
  type TableEntry,
} from "../model/virtual-service.ts";
import { diffFilters } from "./diff-filters.ts";
import { isGuard } from "./guards.ts";
import { isLeaving, type PlannedService } from "./service-plan.ts";
import { staleFlows } from "./stale-flows.ts";
import { unlikeParts } from "./unlike-parts.ts";

/** What the kernel is believed to hold. */
export interface CurrentState {
  entry(id: ServiceId): TableEntry | undefined;
  hasAddress(address: Address): boolean;
  filter(id: FilterObjectId): FilterObject | undefined;
}

/** What the merged plans want it to hold. */
export interface DesiredState {
  entry(id: ServiceId): PlannedService | undefined;
  wantsAddress(address: Address): boolean;
  wantsFilter(id: FilterObjectId): FilterObject | undefined;
}

/** The keys to look at; everything else is left alone. */
export interface DirtyKeys {
  readonly services: ReadonlyMap<ServiceId, ServiceKey>;
  readonly addresses: ReadonlySet<Address>;
  readonly filters: ReadonlySet<FilterObjectId>;
}

/** The operations of a pass, by stage. */
export interface Changes {
  readonly closings: readonly FilterOperation[];
  readonly additions: readonly IpvsOperation[];
  readonly filters: readonly FilterOperation[];
  readonly binds: readonly AddressOperation[];
  readonly removals: readonly IpvsOperation[];
  readonly unbinds: readonly AddressOperation[];
  readonly deletions: readonly IpvsOperation[];
  readonly openings: readonly FilterOperation[];
  readonly forgets: readonly ForgetFlows[];
}

interface Stages {
  readonly additions: IpvsOperation[];
  readonly removals: IpvsOperation[];
  readonly deletions: IpvsOperation[];
}

/** No id of a packet filter object. */
export const NO_FILTERS: ReadonlySet<FilterObjectId> = new Set();

/** Compares the dirty keys. */
export function diff(current: CurrentState, desired: DesiredState, dirty: DirtyKeys): Changes {
  const stages: Stages = { additions: [], removals: [], deletions: [] };
  const forgets: ForgetFlows[] = [];
  for (const id of [...dirty.services.keys()].sort()) {
    const planned = desired.entry(id);
    const entry = current.entry(id);
    if (planned) diffService(entry, planned, stages);
    else if (entry) stages.deletions.push({ kind: "delete-service", key: entry.service.key });
    forgets.push(...staleFlows(entry, planned));
  }
  const filters = diffFilters(
    (filter) => current.filter(filter),
    (filter) => desired.wantsFilter(filter),
    dirty.filters,
  );
  const binds: AddressOperation[] = [];
  const unbinds: AddressOperation[] = [];
  for (const address of [...dirty.addresses].sort()) {
    const wanted = desired.wantsAddress(address);
    if (wanted === current.hasAddress(address)) continue;
    if (wanted) binds.push({ kind: "add-address", address });
    else unbinds.push({ kind: "delete-address", address });
  }
  return { ...stages, ...filters, binds, unbinds, forgets: withoutRepeats(forgets) };
}

/** The virtual service of a mark and that of a frontend may ask for the same. */
function withoutRepeats(forgets: readonly ForgetFlows[]): readonly ForgetFlows[] {
  if (forgets.length < 2) return forgets;
  return [...new Map(forgets.map((forget) => [flowsText(forget), forget])).values()];
}

/**
 * Virtual services that one part of a sliced comparison looks at: with ten endpoints each what they
 * become is one send, and few enough objects that most die young.
 */
export const SERVICES_PER_PART_MAX = 180;

/**
 * The same as {@link diff} in parts, each made when it is asked for: the operations of a first pass over
 * a big cluster need not be in memory all at once. What closes is in the first part. Additions of all parts
 * come next, then the other stages of all parts, so that the order is that of one whole. Addresses and the other
 * packet filter objects are in the last part.
 */
export function* diffInParts(
  current: CurrentState,
  desired: DesiredState,
  dirty: DirtyKeys,
): Generator<Changes, void> {
  const ids = [...dirty.services].sort(([a], [b]) => (a < b ? -1 : 1));
  let { filters } = dirty;
  let start = 0;
  for (; ids.length - start > SERVICES_PER_PART_MAX; start += SERVICES_PER_PART_MAX) {
    const services = new Map(ids.slice(start, start + SERVICES_PER_PART_MAX));
    const guards = start === 0 ? new Set([...filters].filter(isGuard)) : NO_FILTERS;
    if (guards.size > 0) filters = new Set([...filters].filter((id) => !guards.has(id)));
    yield diff(current, desired, { services, addresses: NO_ADDRESSES, filters: guards });
  }
  const services = new Map(ids.slice(start));
  yield diff(current, desired, { services, addresses: dirty.addresses, filters });
}

const NO_ADDRESSES: ReadonlySet<Address> = new Set();

/** All operations in the order in which they are sent. */
export function flatten(changes: Changes): Operation[] {
  return stagesOf(changes).flat();
}

/** Several parts as one. */
export function joinChanges(parts: readonly Changes[]): Changes {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  return {
    closings: parts.flatMap(({ closings }) => closings),
    additions: parts.flatMap(({ additions }) => additions),
    filters: parts.flatMap(({ filters }) => filters),
    binds: parts.flatMap(({ binds }) => binds),
    removals: parts.flatMap(({ removals }) => removals),
    unbinds: parts.flatMap(({ unbinds }) => unbinds),
    deletions: parts.flatMap(({ deletions }) => deletions),
    openings: parts.flatMap(({ openings }) => openings),
    forgets: parts.flatMap(({ forgets }) => forgets),
  };
}

/** How many operations there are. */
export function countChanges(changes: Changes): number {
  return stagesOf(changes).reduce((count, { length }) => count + length, 0);
}

function stagesOf(changes: Changes): (readonly Operation[])[] {
  const { closings, additions, filters, binds, removals } = changes;
  const { unbinds, deletions, openings, forgets } = changes;
  return [closings, additions, filters, binds, removals, unbinds, deletions, openings, forgets];
}

function diffService(entry: TableEntry | undefined, planned: PlannedService, to: Stages): void {
  const { service, destinations } = planned;
  if (isLeaving(planned) && !entry?.destinations.size) {
    if (entry) to.deletions.push({ kind: "delete-service", key: service.key });
    return;
  }
  if (!entry) {
    addService(planned, to);
    return;
  }
  if (!sameSettings(entry.service.settings, service.settings)) {
    to.additions.push({ kind: "set-service", service });
  }
  if (entry.destinations !== destinations) diffDestinations(entry, planned, to);
}

function addService({ service, destinations }: PlannedService, { additions }: Stages): void {
  const { key } = service;
  additions.push({ kind: "add-service", service });
  for (const destination of destinations.values()) {
    additions.push({ kind: "add-destination", key, destination });
  }
}

function diffDestinations(entry: TableEntry, planned: PlannedService, to: Stages): void {
  const { key } = planned.service;
  const [before, after] = unlikeParts(entry.destinations, planned.destinations);
  for (const [id, destination] of after) {
    const known = before.get(id);
    if (!known) to.additions.push({ kind: "add-destination", key, destination });
    else if (!sameDestination(known, destination)) {
      const stage = destination.weight === 0 ? to.removals : to.additions;
      stage.push({ kind: "set-destination", key, destination });
    }
  }
  for (const [id, destination] of before) {
    if (!after.has(id)) removeDestination(destination, planned, to);
  }
}

function removeDestination(
  destination: Destination,
  planned: PlannedService,
  { removals }: Stages,
): void {
  const { key } = planned.service;
  const keepsConnections = protocolOf(planned) !== "udp" && planned.drainTimeoutMs > 0;
  if (!keepsConnections) removals.push({ kind: "delete-destination", key, destination });
  else if (destination.weight !== 0) {
    removals.push({ kind: "set-destination", key, destination: { ...destination, weight: 0 } });
  }
}

/** Undefined for a mark that nobody's packets get. */
function protocolOf({ service: { key }, frontends }: PlannedService): Protocol | undefined {
  return "mark" in key ? frontends[0]?.protocol : key.protocol;
}
