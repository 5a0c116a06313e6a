/**
 * Operations as messages in a batch. This is the hot path of a first pass over a big cluster: a
 * message that differs little from the one before is not encoded again.
 */
import type { IpvsOperation } from "../model/operation.ts";
import type { ServiceKey } from "../model/virtual-service.ts";
import { beginGenl, type GenlFamily } from "../netlink/genl.ts";
import { type Batch, HEADER_BYTES } from "../netlink/message.ts";
import { COMMANDS, type CommandAttributes, type CommandName, command } from "./attributes.ts";
import { type RepeatedOperation, Stencil } from "./stencil.ts";
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

/** Encodes for one family number. Remembers the last message of each kind, and nothing else. */
export class Encoder {
  readonly #family: GenlFamily;
  readonly #stencils = new Map<IpvsOperation["kind"], Stencil>();

  constructor(family: GenlFamily) {
    this.#family = family;
  }

  /** Appends the message of `operation`. */
  operation(batch: Batch, operation: IpvsOperation): void {
    switch (operation.kind) {
      case "delete-service":
      case "delete-destination":
        this.command(batch, COMMAND_OF[operation.kind], attributesOf(operation), 0);
        break;
      default:
        this.#repeated(batch, operation);
    }
  }

  /** Appends a command with any attributes, or none. */
  command(batch: Batch, name: CommandName, attributes: CommandAttributes, flags: number): void {
    beginGenl(batch, this.#family, { command: COMMANDS[name], flags });
    command.write(batch.out, attributes);
    batch.end();
  }

  /** Appends a command about a service that needs no more than its name. */
  about(batch: Batch, name: CommandName, key: ServiceKey, flags: number): void {
    this.command(batch, name, { service: toServiceIdentity(key) }, flags);
  }

  #repeated(batch: Batch, operation: RepeatedOperation): void {
    const { out } = batch;
    const { kind } = operation;
    const stencil = this.#stencils.get(kind);
    if (stencil?.fits(operation)) {
      batch.begin(this.#family.id, 0);
      stencil.write(out, operation);
      batch.end();
      return;
    }
    const start = out.length + HEADER_BYTES;
    this.command(batch, COMMAND_OF[kind], attributesOf(operation), 0);
    this.#stencils.set(kind, new Stencil(operation, out.bytes().subarray(start)));
  }
}

function attributesOf(operation: IpvsOperation): CommandAttributes {
  switch (operation.kind) {
    case "add-service":
    case "set-service":
      return { service: toService(operation.service) };
    case "delete-service":
      return { service: toServiceIdentity(operation.key) };
    case "add-destination":
    case "set-destination":
      return {
        service: toServiceIdentity(operation.key),
        destination: toDestination(operation.destination),
      };
    case "delete-destination":
      return {
        service: toServiceIdentity(operation.key),
        destination: toDestinationIdentity(operation.destination),
      };
    default:
      return operation satisfies never;
  }
}
