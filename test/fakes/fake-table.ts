/** The rules of the kernel's IPVS table (`ip_vs_ctl.c`) in memory: no promises, one errno for each refusal. */
import { familyOf } from "../../src/model/address.ts";
import type { IpvsOperation } from "../../src/model/operation.ts";
import { SCHEDULER_NAMES } from "../../src/model/scheduler.ts";
import {
  type Destination,
  type DestinationId,
  type DestinationKey,
  destinationId,
  type SchedulerFlag,
  type ServiceId,
  type ServiceKey,
  type ServiceSettings,
  serviceFamily,
  serviceId,
  type TableEntry,
  type VirtualService,
} from "../../src/model/virtual-service.ts";

/** The connections of one destination, as the kernel would count them. */
export interface Connections {
  readonly active: number;
  readonly inactive: number;
  readonly persistent: number;
}

/** No connection at all. */
export const NO_CONNECTIONS: Connections = { active: 0, inactive: 0, persistent: 0 };

/** A virtual service with its destinations, in the order they were added. */
interface Row {
  service: VirtualService;
  readonly destinations: Map<DestinationId, Destination>;
}

const INT_MAX = 2 ** 31 - 1;
const FLAG_ORDER: readonly SchedulerFlag[] = ["flag-1", "flag-2", "flag-3"];

/** One network namespace's table. Every method does what one netlink message does. */
export class FakeTable {
  /** Schedulers that this kernel has; take one out to make it missing. */
  readonly schedulers = new Set<string>(SCHEDULER_NAMES);
  /** Persistence engines that this kernel has. */
  readonly engines = new Set<string>();
  readonly #rows = new Map<ServiceId, Row>();
  // Kept when a destination goes and found again when it returns: the kernel's destination trash.
  readonly #connections = new Map<string, Connections>();

  /** Carries out one operation, or changes nothing and returns the name of an errno. */
  apply(operation: IpvsOperation): string | undefined {
    switch (operation.kind) {
      case "add-service":
        return this.#addService(operation.service);
      case "set-service":
        return this.#setService(operation.service);
      case "delete-service":
        return this.#rows.delete(serviceId(operation.key)) ? undefined : "ESRCH";
      case "add-destination":
        return this.#addDestination(operation.key, operation.destination);
      case "set-destination":
        return this.#setDestination(operation.key, operation.destination);
      case "delete-destination":
        return this.#deleteDestination(operation.key, operation.destination);
      default:
        return operation satisfies never;
    }
  }

  /** Every virtual service, newest first as in one hash bucket of the kernel. */
  services(): VirtualService[] {
    return [...this.#rows.values()].map(({ service }) => service).reverse();
  }

  /** The destinations of a service, newest first as the kernel's list, or undefined without the service. */
  destinations(key: ServiceKey): Destination[] | undefined {
    const row = this.#rows.get(serviceId(key));
    return row && [...row.destinations.values()].reverse();
  }

  /** The whole table, destinations in the order they were added. */
  entries(): ReadonlyMap<ServiceId, TableEntry> {
    return this.#rows;
  }

  connections(key: ServiceKey, destination: DestinationKey): Connections {
    return this.#connections.get(rowText(key, destination)) ?? NO_CONNECTIONS;
  }

  setConnections(key: ServiceKey, destination: DestinationKey, connections: Connections): void {
    this.#connections.set(rowText(key, destination), connections);
  }

  #addService(service: VirtualService): string | undefined {
    const id = serviceId(service.key);
    if (this.#rows.has(id)) return "EEXIST";
    const refusal = this.#refusalOfService(service);
    if (refusal !== undefined) return refusal;
    this.#rows.set(id, { service: asKept(service), destinations: new Map() });
    return undefined;
  }

  #setService(service: VirtualService): string | undefined {
    const row = this.#rows.get(serviceId(service.key));
    if (row === undefined) return "ESRCH";
    const refusal = this.#refusalOfService(service);
    if (refusal !== undefined) return refusal;
    row.service = asKept(service);
    return undefined;
  }

  #refusalOfService({ key, settings }: VirtualService): string | undefined {
    if (settings.scheduler !== "" && !this.schedulers.has(settings.scheduler)) return "ENOENT";
    const engine = settings.persistence?.engine ?? "";
    if (engine !== "" && !this.engines.has(engine)) return "ENOENT";
    const prefixLength = settings.persistence?.prefixLength ?? 128;
    const ipv6 = serviceFamily(key) === "ipv6";
    return ipv6 && (prefixLength < 1 || prefixLength > 128) ? "EINVAL" : undefined;
  }

  #addDestination(key: ServiceKey, destination: Destination): string | undefined {
    const row = this.#rows.get(serviceId(key));
    if (row === undefined) return "ESRCH";
    const refusal = refusalOfDestination(key, destination);
    if (refusal !== undefined) return refusal;
    const id = destinationId(destination);
    if (row.destinations.has(id)) return "EEXIST";
    if (!isUnicast(destination)) return "EINVAL";
    row.destinations.set(id, withTunnel(destination));
    return undefined;
  }

  #setDestination(key: ServiceKey, destination: Destination): string | undefined {
    const row = this.#rows.get(serviceId(key));
    if (row === undefined) return "ESRCH";
    const refusal = refusalOfDestination(key, destination);
    if (refusal !== undefined) return refusal;
    const id = destinationId(destination);
    if (!row.destinations.has(id)) return "ENOENT";
    row.destinations.set(id, withTunnel(destination));
    return undefined;
  }

  #deleteDestination(key: ServiceKey, destination: DestinationKey): string | undefined {
    const row = this.#rows.get(serviceId(key));
    if (row === undefined) return "ESRCH";
    return row.destinations.delete(destinationId(destination)) ? undefined : "ENOENT";
  }
}

function rowText(key: ServiceKey, destination: DestinationKey): string {
  return `${serviceId(key)} ${destinationId(destination)}`;
}

/** The checks that `ip_vs_genl_set_cmd` and `ip_vs_add_dest` make before they look for the destination. */
function refusalOfDestination(key: ServiceKey, destination: Destination): string | undefined {
  const { weight, lowerThreshold, upperThreshold, forward, tunnel } = destination;
  const mixed = familyOf(destination.address) !== serviceFamily(key);
  if (mixed && forward !== "tunnel") return "EINVAL";
  if (weight > INT_MAX || lowerThreshold > upperThreshold) return "ERANGE";
  if (upperThreshold > INT_MAX) return "EINVAL";
  return tunnel?.type === "gue" && tunnel.port === 0 ? "EINVAL" : undefined;
}

/** Multicast and broadcast addresses are refused, and IPv6 link-local ones too. */
function isUnicast({ address }: DestinationKey): boolean {
  if (familyOf(address) === "ipv6") return address !== "::" && !/^(ff..|fe[89ab].):/.test(address);
  const first = Number(address.slice(0, address.indexOf(".")));
  return first > 0 && (first < 224 || first > 239) && address !== "255.255.255.255";
}

function asKept({ key, settings }: VirtualService): VirtualService {
  const kept: ServiceSettings = {
    ...settings,
    schedulerFlags: FLAG_ORDER.filter((flag) => settings.schedulerFlags.includes(flag)),
  };
  return { key, settings: kept };
}

/** A tunnel always has a type in the kernel, and nothing else has one in our words. */
function withTunnel(destination: Destination): Destination {
  if (destination.forward !== "tunnel") return { ...destination, tunnel: undefined };
  return { ...destination, tunnel: destination.tunnel ?? { type: "ipip", port: 0, flags: 0 } };
}
