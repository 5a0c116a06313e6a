/** A change of the kernel as data: planned, printed, counted, tested and applied from one value. */
import { unreachable } from "../base/assert.ts";
import type { Address } from "./address.ts";
import { flagNames } from "./flag-names.ts";
import { type ForgetFlows, flowsText } from "./flows.ts";
import { type FilterOperation, filterObjectId, filterObjectText } from "./packet-filter.ts";
import {
  type Destination,
  type DestinationKey,
  destinationId,
  type ServiceKey,
  serviceId,
  type VirtualService,
} from "./virtual-service.ts";

/** A change of the IPVS table. Each is one netlink message. */
export type IpvsOperation =
  | { readonly kind: "add-service" | "set-service"; readonly service: VirtualService }
  | { readonly kind: "delete-service"; readonly key: ServiceKey }
  | {
      readonly kind: "add-destination" | "set-destination";
      readonly key: ServiceKey;
      readonly destination: Destination;
    }
  | {
      readonly kind: "delete-destination";
      readonly key: ServiceKey;
      readonly destination: DestinationKey;
    };

/** A change of the addresses on `kube-ipvs0`. Each is one netlink message. */
export interface AddressOperation {
  readonly kind: "add-address" | "delete-address";
  readonly address: Address;
}

/** Any change that a pass can make. */
export type Operation = IpvsOperation | AddressOperation | FilterOperation | ForgetFlows;

/** One line for people: `add-destination tcp/10.96.0.1:443 10.0.0.1:6443 weight 1`. */
export function operationText(operation: Operation): string {
  switch (operation.kind) {
    case "add-address":
    case "delete-address":
      return `${operation.kind} ${operation.address}`;
    case "add-service":
    case "set-service":
      return `${operation.kind} ${serviceId(operation.service.key)} ${settingsText(operation.service)}`;
    case "delete-service":
      return `${operation.kind} ${serviceId(operation.key)}`;
    case "add-destination":
    case "set-destination":
      return `${operation.kind} ${serviceId(operation.key)} ${destinationId(operation.destination)} weight ${operation.destination.weight}`;
    case "delete-destination":
      return `${operation.kind} ${serviceId(operation.key)} ${destinationId(operation.destination)}`;
    case "add-filter":
      return `${operation.kind} ${filterObjectText(operation.object)}`;
    case "delete-filter":
      return `${operation.kind} ${filterObjectId(operation.object)}`;
    case "forget-flows":
      return `${operation.kind} ${flowsText(operation)}`;
    default:
      return unreachable(operation);
  }
}

function settingsText({ settings }: VirtualService): string {
  const words = [`scheduler ${settings.scheduler || "none"}`];
  if (settings.schedulerFlags.length > 0) words.push(`flags ${flagNames(settings).join(",")}`);
  if (settings.onePacket) words.push("one-packet");
  if (settings.persistence) words.push(`persistent ${settings.persistence.timeoutS}s`);
  return words.join(" ");
}

/** Why the kernel refused one operation of a batch. */
export interface OperationFailure {
  /** Position of the operation in the list that was written. */
  readonly index: number;
  /** Name of the errno, such as `ENOENT`. */
  readonly code: string;
  /** Operation, errno and the kernel's own text, for people. */
  readonly message: string;
}
