/** Placeholder types; the diff itself follows. */
import type { Address } from "../model/address.ts";
import type { AddressOperation, IpvsOperation } from "../model/operation.ts";
import type { ServiceId, ServiceKey, TableEntry } from "../model/virtual-service.ts";
import type { PlannedService } from "./service-plan.ts";

/** What the kernel is believed to hold. */
export interface CurrentState {
  entry(id: ServiceId): TableEntry | undefined;
  hasAddress(address: Address): boolean;
}

/** What the merged plans want it to hold. */
export interface DesiredState {
  entry(id: ServiceId): PlannedService | undefined;
  wantsAddress(address: Address): boolean;
}

/** The keys to look at; everything else is left alone. */
export interface DirtyKeys {
  readonly services: ReadonlyMap<ServiceId, ServiceKey>;
  readonly addresses: ReadonlySet<Address>;
}

/** The operations of a pass, in the stages that must be acknowledged one after the other. */
export interface Changes {
  /** New virtual services and destinations, and everything changed in place. */
  readonly additions: readonly IpvsOperation[];
  /** Addresses bound, now that their virtual services have destinations. */
  readonly binds: readonly AddressOperation[];
  /** Destinations that lose their weight, or go. */
  readonly removals: readonly IpvsOperation[];
  /** Addresses that leave, before their virtual services do. */
  readonly unbinds: readonly AddressOperation[];
  /** Virtual services that go. */
  readonly deletions: readonly IpvsOperation[];
}
