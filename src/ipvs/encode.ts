/**
 * Operations as messages in a batch. This is the hot path of a first pass over a big cluster: what
 * consecutive operations share is encoded once.
 */
import type { IpvsOperation } from "../model/operation.ts";
import type { ServiceKey } from "../model/virtual-service.ts";
import { beginGenl, type GenlFamily } from "../netlink/genl.ts";
import type { Batch } from "../netlink/message.ts";
import { Writer } from "../netlink/writer.ts";
import { COMMANDS, type CommandName, command } from "./attributes.ts";
import { toDestination, toDestinationIdentity, toService, toServiceIdentity } from "./wire.ts";

/** The command that carries each kind of operation. */
const COMMAND_OF = {
  "add-service": "IPVS_CMD_NEW_SERVICE",
  "set-service": "IPVS_CMD_SET_SERVICE",
  "delete-service": "IPVS_CMD_DEL_SERVICE",
  "add-destination": "IPVS_CMD_NEW_DEST",
  "set-destination": "IPVS_CMD_SET_DEST",
  "delete-destination": "IPVS_CMD_DEL_DEST",
} as const satisfies Record<IpvsOperation["kind"], CommandName>;

/** Bytes that one message takes at most, with the longest names: what a batch is made for. */
export const MESSAGE_BYTES = 192;

/** Encodes for one family number. Remembers the last service that it encoded, and nothing else. */
export class Encoder {
  readonly #family: GenlFamily;
  readonly #identity = new Writer(MESSAGE_BYTES);
  #identityKey: ServiceKey | undefined;

  constructor(family: GenlFamily) {
    this.#family = family;
  }

  /** Appends the message of `operation`. */
  operation(batch: Batch, operation: IpvsOperation): void {
    this.#begin(batch, COMMAND_OF[operation.kind], 0);
    switch (operation.kind) {
      case "add-service":
      case "set-service":
        command.write(batch.out, { service: toService(operation.service) });
        break;
      case "delete-service":
        this.#writeIdentity(batch, operation.key);
        break;
      case "add-destination":
      case "set-destination":
        this.#writeIdentity(batch, operation.key);
        command.write(batch.out, { destination: toDestination(operation.destination) });
        break;
      case "delete-destination":
        this.#writeIdentity(batch, operation.key);
        command.write(batch.out, { destination: toDestinationIdentity(operation.destination) });
        break;
      default:
        operation satisfies never;
    }
    batch.end();
  }

  /** Appends a command about a service that needs no more than its name. */
  about(batch: Batch, name: CommandName, { key, flags }: { key: ServiceKey; flags: number }): void {
    this.#begin(batch, name, flags);
    this.#writeIdentity(batch, key);
    batch.end();
  }

  /** Appends a command with any attributes, or none. */
  command(
    batch: Batch,
    name: CommandName,
    { attributes = {}, flags = 0 }: { attributes?: CommandAttributes; flags?: number },
  ): void {
    this.#begin(batch, name, flags);
    command.write(batch.out, attributes);
    batch.end();
  }

  #begin(batch: Batch, name: CommandName, flags: number): void {
    beginGenl(batch, this.#family, { command: COMMANDS[name], flags });
  }

  #writeIdentity(batch: Batch, key: ServiceKey): void {
    // Planned operations of one service share its key object, so this comparison is enough.
    if (key !== this.#identityKey) {
      this.#identity.reset();
      command.write(this.#identity, { service: toServiceIdentity(key) });
      this.#identityKey = key;
    }
    batch.out.raw(this.#identity.bytes());
  }
}

type CommandAttributes = Parameters<typeof command.write>[1];
