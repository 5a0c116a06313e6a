/** What the kernel refused, and what it is about. */
import type { Address } from "../model/address.ts";
import type { ForgetFlows } from "../model/flows.ts";
import type { IpvsOperation, Operation } from "../model/operation.ts";
import { type FilterObjectId, filterObjectId } from "../model/packet-filter.ts";
import { type ServiceId, type ServiceKey, serviceId } from "../model/virtual-service.ts";

/** What names the thing that failed: the key that a retry looks at again. */
export type Subject =
  | { readonly kind: "service"; readonly id: ServiceId; readonly key: ServiceKey }
  | { readonly kind: "address"; readonly address: Address }
  | { readonly kind: "filter"; readonly id: FilterObjectId };

/** One operation that the kernel refused. */
export interface Refusal {
  readonly subject: Subject;
  readonly kind: Operation["kind"];
  /** The operation as text. */
  readonly operation: string;
  readonly code: string;
  readonly message: string;
}

/** The key of the virtual service that an operation is about. */
export function keyOf(operation: IpvsOperation): ServiceKey {
  return "service" in operation ? operation.service.key : operation.key;
}

/** What a retry of `operation` has to look at. */
export function subjectOf(operation: Exclude<Operation, ForgetFlows>): Subject {
  if ("object" in operation) return { kind: "filter", id: filterObjectId(operation.object) };
  if ("address" in operation) return { kind: "address", address: operation.address };
  const key = keyOf(operation);
  return { kind: "service", id: serviceId(key), key };
}

/** The subject as text: ids of services, addresses and ids of filter objects never look alike. */
export function subjectText(subject: Subject): string {
  return subject.kind === "address" ? subject.address : subject.id;
}
