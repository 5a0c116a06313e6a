/**
 * What we believe the kernel holds. Changed only by acknowledged operations and by dumps, so that
 * it is wrong only where somebody else wrote; the audit finds that. Decides nothing.
 */
import { unreachable } from "../base/assert.ts";
import type { Address } from "../model/address.ts";
import type { Operation } from "../model/operation.ts";
import {
  type FilterObject,
  type FilterObjectId,
  filterObjectId,
  sameFilterObject,
} from "../model/packet-filter.ts";
import {
  type Destination,
  type DestinationId,
  destinationId,
  type ServiceId,
  serviceId,
  type TableEntry,
  type VirtualService,
} from "../model/virtual-service.ts";
import type { FilterReading } from "../nft/packet-filter.ts";
import type { CurrentState } from "../plan/diff.ts";
import type { PlannedService } from "../plan/service-plan.ts";
import { MirrorEntry } from "./mirror-entry.ts";

/** The believed state of the IPVS table and of the addresses on `kube-ipvs0`. */
export class Mirror implements CurrentState {
  readonly #entries = new Map<ServiceId, MirrorEntry>();
  readonly #addresses = new Set<Address>();
  readonly #filters = new Map<FilterObjectId, FilterObject>();
  /** False: our nftables tables are not there or have other rules, and are to be made anew. */
  hasFilterTables = true;
  /** How many virtual services each address has, so that an address is never bound without one. */
  readonly #servicesOn = new Map<Address, number>();

  entry(id: ServiceId): TableEntry | undefined {
    return this.#entries.get(id);
  }

  entries(): IterableIterator<TableEntry> {
    return this.#entries.values();
  }

  ids(): IterableIterator<ServiceId> {
    return this.#entries.keys();
  }

  get serviceCount(): number {
    return this.#entries.size;
  }

  filter(id: FilterObjectId): FilterObject | undefined {
    return this.#filters.get(id);
  }

  filterIds(): IterableIterator<FilterObjectId> {
    return this.#filters.keys();
  }

  filters(): IterableIterator<FilterObject> {
    return this.#filters.values();
  }

  get filterCount(): number {
    return this.#filters.size;
  }

  hasAddress(address: Address): boolean {
    return this.#addresses.has(address);
  }

  addresses(): ReadonlySet<Address> {
    return this.#addresses;
  }

  /** True when some virtual service takes packets for `address`. */
  hasServiceOn(address: Address): boolean {
    return this.#servicesOn.has(address);
  }

  /** Takes one operation that the kernel acknowledged. */
  apply(operation: Operation): void {
    switch (operation.kind) {
      case "add-service":
        this.load(operation.service, []);
        break;
      case "set-service":
        this.#set(operation.service);
        break;
      case "delete-service":
        this.forget(serviceId(operation.key));
        break;
      case "add-destination":
      case "set-destination":
        this.#entries.get(serviceId(operation.key))?.set(operation.destination);
        break;
      case "delete-destination":
        this.#entries.get(serviceId(operation.key))?.delete(destinationId(operation.destination));
        break;
      case "add-address":
        this.#addresses.add(operation.address);
        break;
      case "delete-address":
        this.#addresses.delete(operation.address);
        break;
      case "add-filter":
        this.#filters.set(filterObjectId(operation.object), operation.object);
        break;
      case "delete-filter":
        this.#filters.delete(filterObjectId(operation.object));
        break;
      case "forget-flows":
        break;
      default:
        unreachable(operation);
    }
  }

  /**
   * Takes a virtual service that has exactly the destinations of a plan. Their map is shared until
   * something about it changes: with 100,000 destinations a copy costs time and memory.
   */
  loadPlanned({ service, destinations }: Pick<PlannedService, "service" | "destinations">): void {
    this.#put(new MirrorEntry(service, destinations));
  }

  /** Shares the map of a plan again, where all of it was written. */
  settlePlanned({ id, destinations }: Pick<PlannedService, "id" | "destinations">): void {
    this.#entries.get(id)?.settle(destinations);
  }

  /** Takes one virtual service as a dump showed it. */
  load(service: VirtualService, destinations: Iterable<Destination>): void {
    const found = new Map<DestinationId, Destination>();
    for (const destination of destinations) found.set(destinationId(destination), destination);
    this.#put(new MirrorEntry(service, found));
  }

  /** Takes the settings that a dump showed, and keeps what is known of the destinations. */
  loadSettings(service: VirtualService): void {
    if (this.#entries.has(serviceId(service.key))) this.#set(service);
    else this.load(service, []);
  }

  /** Takes the addresses that a dump showed. */
  loadAddresses(addresses: Iterable<Address>): void {
    this.#addresses.clear();
    for (const address of addresses) this.#addresses.add(address);
  }

  /** Takes the packet filter as it was read; returns the ids of the objects that differ from before. */
  loadFilters({ tables, objects }: FilterReading): FilterObjectId[] {
    this.hasFilterTables = tables !== "other";
    const before = new Map(this.#filters);
    this.#filters.clear();
    const changed: FilterObjectId[] = [];
    for (const object of objects) {
      const id = filterObjectId(object);
      const known = before.get(id);
      before.delete(id);
      if (!known || !sameFilterObject(known, object)) changed.push(id);
      this.#filters.set(id, known && sameFilterObject(known, object) ? known : object);
    }
    return [...changed, ...before.keys()];
  }

  /** Drops a virtual service that is not there, or not ours. */
  forget(id: ServiceId): void {
    const entry = this.#entries.get(id);
    if (!entry) return;
    this.#entries.delete(id);
    this.#count(entry.service, -1);
  }

  #put(entry: MirrorEntry): void {
    const id = serviceId(entry.service.key);
    if (!this.#entries.has(id)) this.#count(entry.service, 1);
    this.#entries.set(id, entry);
  }

  #set(service: VirtualService): void {
    const entry = this.#entries.get(serviceId(service.key));
    if (entry) entry.service = service;
  }

  #count({ key }: VirtualService, change: 1 | -1): void {
    if ("mark" in key) return;
    const count = (this.#servicesOn.get(key.address) ?? 0) + change;
    if (count === 0) this.#servicesOn.delete(key.address);
    else this.#servicesOn.set(key.address, count);
  }
}
