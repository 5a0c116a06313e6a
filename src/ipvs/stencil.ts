/**
 * Messages that differ from the one before in a few words only, which is nearly all of a big write:
 * the message is encoded once by the attribute table, then copied with those words overwritten. Makes
 * no message of its own: the first of each shape always comes from the table.
 */
import { familyOf, writeAddress } from "../model/address.ts";
import type { IpvsOperation } from "../model/operation.ts";
import { type Destination, type ServiceKey, sameSettings } from "../model/virtual-service.ts";
import { type Source, sourceOf } from "../netlink/codec.ts";
import { GENL_HEADER_BYTES } from "../netlink/genl.ts";
import { ATTRIBUTE_HEADER_BYTES, HOST_IS_LITTLE_ENDIAN, type Writer } from "../netlink/writer.ts";
import { NUMBERS } from "./attributes.ts";

/** Operations whose messages hold a whole object: they come in great numbers, and of one shape. */
export type RepeatedOperation = Exclude<
  IpvsOperation,
  { kind: "delete-service" } | { kind: "delete-destination" }
>;

/** The payload of an encoded operation, and where in it the differing words stand. */
export class Stencil {
  readonly #payload: Source;
  readonly #places: Places;
  #last: RepeatedOperation;

  /** `payload`: generic header and attributes, as the table encoded them for `operation`; copied. */
  constructor(operation: RepeatedOperation, payload: Uint8Array) {
    this.#payload = sourceOf(payload.slice());
    this.#places = placesIn(this.#payload);
    this.#last = operation;
  }

  /** True when the message of `operation` differs from this one only in the words that are overwritten. */
  fits(operation: RepeatedOperation): boolean {
    const last = this.#last;
    if (operation.kind !== last.kind || !sameShape(keyOf(operation), keyOf(last))) return false;
    if ("service" in operation) {
      return "service" in last && sameSettings(operation.service.settings, last.service.settings);
    }
    return !("service" in last) && sameLayout(operation.destination, last.destination);
  }

  /** Writes the payload of an operation that fits. */
  write(out: Writer, operation: RepeatedOperation): void {
    const { bytes, view } = this.#payload;
    const key = keyOf(operation);
    if ("port" in key && key !== keyOf(this.#last)) {
      writeAddress(key.address, bytes, this.#places.serviceAddress);
      view.setUint16(this.#places.servicePort, key.port);
    }
    if ("destination" in operation) {
      const { address, port, weight } = operation.destination;
      writeAddress(address, bytes, this.#places.address);
      view.setUint16(this.#places.port, port);
      view.setUint32(this.#places.weight, weight, HOST_IS_LITTLE_ENDIAN);
    }
    this.#last = operation;
    out.raw(bytes);
  }
}

/** Where payloads begin; 0 for what a message does not have. */
interface Places {
  readonly serviceAddress: number;
  readonly servicePort: number;
  readonly address: number;
  readonly port: number;
  readonly weight: number;
}

function placesIn(message: Source): Places {
  const service = payloadOf(message, GENL_HEADER_BYTES, NUMBERS.command.service);
  const destination = payloadOf(message, GENL_HEADER_BYTES, NUMBERS.command.destination);
  return {
    serviceAddress: payloadOf(message, service, NUMBERS.service.address),
    servicePort: payloadOf(message, service, NUMBERS.service.port),
    address: payloadOf(message, destination, NUMBERS.destination.address),
    port: payloadOf(message, destination, NUMBERS.destination.port),
    weight: payloadOf(message, destination, NUMBERS.destination.weight),
  };
}

/** `NLA_TYPE_MASK`. */
const TYPE_MASK = 0x3fff;

/** Where the payload of the first attribute `type` from `start` on begins; 0 without one. */
function payloadOf({ view }: Source, start: number, type: number): number {
  for (let at = start; at < view.byteLength; ) {
    if ((view.getUint16(at + 2, HOST_IS_LITTLE_ENDIAN) & TYPE_MASK) === type) {
      return at + ATTRIBUTE_HEADER_BYTES;
    }
    at += (view.getUint16(at, HOST_IS_LITTLE_ENDIAN) + 3) & ~3;
  }
  return 0;
}

function keyOf(operation: RepeatedOperation): ServiceKey {
  return "service" in operation ? operation.service.key : operation.key;
}

/** True when two keys differ in address and port only. */
function sameShape(one: ServiceKey, other: ServiceKey): boolean {
  if (one === other) return true;
  if ("mark" in one || "mark" in other) return false;
  return one.protocol === other.protocol && familyOf(one.address) === familyOf(other.address);
}

/** True when two destinations differ in address, port and weight only, and have no tunnel. */
function sameLayout(one: Destination, other: Destination): boolean {
  return (
    one.forward === other.forward &&
    one.upperThreshold === other.upperThreshold &&
    one.lowerThreshold === other.lowerThreshold &&
    one.tunnel === undefined &&
    other.tunnel === undefined &&
    familyOf(one.address) === familyOf(other.address)
  );
}
