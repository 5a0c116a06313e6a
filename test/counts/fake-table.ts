/**
 * What the counted kernel holds: the messages that were written, byte for byte, for the kernel's answers about a
 * service, a destination or an address have the same attributes. Written messages wait as bytes, which are no
 * part of the heap, until {@link FakeTable.settle}: what is counted is the agent's, not this.
 */
import { COMMANDS, command, type ServiceAttributes } from "../../src/ipvs/attributes.ts";
import { type Source, sourceOf } from "../../src/netlink/codec.ts";
import { GENL_HEADER_BYTES } from "../../src/netlink/genl.ts";
import { Batch, type Message, messagesIn } from "../../src/netlink/message.ts";
import { RTM } from "../../src/netlink/rtnl.ts";

/** Bytes of a payload. */
export type Payload = Uint8Array;

interface Held {
  service: Payload;
  readonly destinations: Map<string, Payload>;
}

/** Services with their destinations, and addresses. */
export class FakeTable {
  readonly #services = new Map<string, Held>();
  readonly #addresses = new Map<string, Payload>();
  #written: { readonly isIpvs: boolean; readonly bytes: Payload }[] = [];

  /** Notes messages that may write. */
  note(isIpvs: boolean, request: Uint8Array): void {
    this.#written.push({ isIpvs, bytes: Buffer.from(request) });
  }

  /** Carries out what was noted. */
  settle(): void {
    for (const { isIpvs, bytes } of this.#written) {
      const from = sourceOf(bytes);
      for (const message of messagesIn(from)) {
        if (isIpvs) this.#ipvs(from, message);
        else this.#address(from, message);
      }
    }
    this.#written = [];
  }

  /** All services. */
  services(): Payload[] {
    return [...this.#services.values()].map(({ service }) => service);
  }

  /** Those of the service whose identity is the first attribute of this message. */
  destinations(from: Source, message: Message): Payload[] {
    const held = this.#services.get(firstAttribute(from, message.start + GENL_HEADER_BYTES));
    return held ? [...held.destinations.values()] : [];
  }

  /** Those of a family, `AF_*`. */
  addresses(family: number): Payload[] {
    return [...this.#addresses.values()].filter(([first]) => first === family);
  }

  #ipvs(from: Source, { start, end }: Message): void {
    const number = from.bytes[start];
    const payload = from.bytes.subarray(start, end);
    const attributes = command.read(from, start + GENL_HEADER_BYTES, end);
    const identity = identityOf(attributes.service ?? {});
    const held = this.#services.get(identity);
    const { destination } = attributes;
    // Not by `toString`: a Buffer takes its bytes for UTF-8.
    const name = `${[...((destination?.address as Uint8Array | undefined) ?? [])]}:${destination?.port}`;
    switch (number) {
      case COMMANDS.IPVS_CMD_NEW_SERVICE:
        this.#services.set(identity, { service: payload, destinations: new Map() });
        break;
      case COMMANDS.IPVS_CMD_SET_SERVICE:
        if (held) held.service = payload;
        break;
      case COMMANDS.IPVS_CMD_DEL_SERVICE:
        this.#services.delete(identity);
        break;
      case COMMANDS.IPVS_CMD_NEW_DEST:
      case COMMANDS.IPVS_CMD_SET_DEST:
        held?.destinations.set(name, payload);
        break;
      case COMMANDS.IPVS_CMD_DEL_DEST:
        held?.destinations.delete(name);
        break;
    }
  }

  #address(from: Source, { type, start, end }: Message): void {
    const payload = from.bytes.subarray(start, end);
    const name = Buffer.from(payload).toString("latin1");
    if (type === RTM.newAddress) this.#addresses.set(name, payload);
    else if (type === RTM.deleteAddress) this.#addresses.delete(name);
  }
}

/** As a message about the service begins. */
function identityOf({ family, protocol, address, port, mark }: ServiceAttributes): string {
  const batch = new Batch(64);
  batch.begin(0, 0);
  const start = batch.out.length;
  const service = mark === undefined ? { family, protocol, address, port } : { family, mark };
  command.write(batch.out, { service });
  return firstAttribute(sourceOf(batch.out.bytes()), start);
}

/** As text: its bytes. */
function firstAttribute({ bytes, view }: Source, start: number): string {
  const length = view.getUint16(start, true);
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString("latin1");
}
