/** Builders of model values for contract cases: every field has a plain default. */
import type { Address } from "../../src/model/address.ts";
import type { ObservedDestination, ObservedService } from "../../src/model/counters.ts";
import type { IpvsOperation } from "../../src/model/operation.ts";
import type {
  Destination,
  Protocol,
  ServiceKey,
  ServiceSettings,
  SocketKey,
  VirtualService,
} from "../../src/model/virtual-service.ts";

/** A key by protocol, address and port. */
export function socket(protocol: Protocol, address: Address, port: number): SocketKey {
  return { protocol, address, port };
}

/** The key that most cases use. */
export const WEB: SocketKey = socket("tcp", "10.96.0.10", 80);

/** A virtual service with scheduler rr and nothing else, but for `settings`. */
export function serviceOf(
  key: ServiceKey,
  settings: Partial<ServiceSettings> = {},
): VirtualService {
  const plain: ServiceSettings = {
    scheduler: "rr",
    schedulerFlags: [],
    onePacket: false,
    persistence: undefined,
  };
  return { key, settings: { ...plain, ...settings } };
}

/** A masqueraded destination of weight 1 at port 8080, but for `settings`. */
export function destinationAt(address: Address, settings: Partial<Destination> = {}): Destination {
  return {
    address,
    port: 8080,
    weight: 1,
    forward: "masquerade",
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnel: undefined,
    ...settings,
  };
}

/** The `index`th of up to 65,536 addresses below `10.1.0.0/16`. */
export function podAddress(index: number): Address {
  return `10.1.${Math.floor(index / 256)}.${index % 256}`;
}

/** The operations that make a service with its destinations. */
export function toAdd(
  service: VirtualService,
  destinations: readonly Destination[],
): IpvsOperation[] {
  const { key } = service;
  return [
    { kind: "add-service", service },
    ...destinations.map((destination): IpvsOperation => {
      return { kind: "add-destination", key, destination };
    }),
  ];
}

/** What was set, without what the kernel counted. */
export function withoutTraffic({ key, settings }: ObservedService): VirtualService {
  return { key, settings };
}

/** What was set, without what the kernel counted. */
export function withoutCounters(observed: ObservedDestination): Destination {
  const { address, port, weight, forward, upperThreshold, lowerThreshold, tunnel } = observed;
  return { address, port, weight, forward, upperThreshold, lowerThreshold, tunnel };
}
