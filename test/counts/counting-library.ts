/** A native library that counts every call, and answers as a kernel does that takes everything. */
import { COMMANDS, command } from "../../src/ipvs/attributes.ts";
import { PROBE_KEY } from "../../src/ipvs/scheduler-probe.ts";
import { type Source, sourceOf } from "../../src/netlink/codec.ts";
import { errnoNumber } from "../../src/netlink/errors.ts";
import { GENL_HEADER_BYTES } from "../../src/netlink/genl.ts";
import type { Handle, NativeLibrary } from "../../src/netlink/library.ts";
import { Batch, HEADER_BYTES, type Message, messagesIn, NLMSG } from "../../src/netlink/message.ts";
import { LINK_HEADER_BYTES, linkAttributes, RTM, writeLinkHeader } from "../../src/netlink/rtnl.ts";
import { NETLINK } from "../../src/netlink/socket.ts";
import { ipvsAnswer } from "../fakes/ipvs-answers.ts";
import { FakeTable, type Payload } from "./fake-table.ts";

/** `GENL_ID_CTRL`. */
const GENL_CONTROLLER = 16;
const LINK_INDEX = 7;
const WRITING_IPVS: readonly number[] = [
  COMMANDS.IPVS_CMD_NEW_SERVICE,
  COMMANDS.IPVS_CMD_SET_SERVICE,
  COMMANDS.IPVS_CMD_DEL_SERVICE,
  COMMANDS.IPVS_CMD_NEW_DEST,
  COMMANDS.IPVS_CMD_SET_DEST,
  COMMANDS.IPVS_CMD_DEL_DEST,
];
const WRITING_ROUTE: readonly number[] = [RTM.newAddress, RTM.deleteAddress, RTM.newLink];

/** Since it was last set to zero. */
export interface CallTally {
  /** Calls of functions of the native library. */
  calls: number;
  /** All messages to the kernel. */
  messages: number;
  /** Those of them that change something. */
  writes: number;
  bytes: number;
}

/** One for all sockets; a handle is the number of its netlink family. */
export class CountingLibrary implements NativeLibrary {
  readonly tally: CallTally = { calls: 0, messages: 0, writes: 0, bytes: 0 };
  readonly table = new FakeTable();
  #answer: Uint8Array = new Uint8Array();
  #parts: Uint8Array[] = [];

  open(family: number): { handle: Handle; error: number } {
    return { handle: Buffer.from([family]), error: 0 };
  }

  async transact(handle: Handle, request: Uint8Array): Promise<number> {
    const family = handle[0] ?? 0;
    const from = sourceOf(request);
    let [count, writes] = [0, 0];
    let last: Message | undefined;
    for (const message of messagesIn(from)) {
      count += 1;
      last = message;
      if (isWriting(family, from.bytes[message.start] ?? 0, message.type)) writes += 1;
    }
    if (count === 1 && last && isProbe(family, from, last)) writes = 0;
    this.#count(count, request);
    this.tally.writes += writes;
    if (writes > 0) this.table.note(family === NETLINK.generic, request);
    this.#answer = count === 1 && last ? answerTo(family, request, last) : new Uint8Array();
    return this.#answer.length;
  }

  async dump(handle: Handle, requests: Uint8Array): Promise<number> {
    this.#answer = this.#dumped(handle[0] ?? 0, requests);
    return this.#answer.length;
  }

  async beginDump(handle: Handle, request: Uint8Array): Promise<number> {
    this.#parts = [this.#dumped(handle[0] ?? 0, request)];
    return 0;
  }

  async dumpPart(): Promise<number> {
    this.tally.calls += 1;
    this.#answer = this.#parts.shift() ?? new Uint8Array();
    return this.#answer.length;
  }

  take(): Uint8Array {
    this.tally.calls += 1;
    return this.#answer;
  }

  close(): number {
    return 0;
  }

  trim(): void {}

  listen(): number {
    return -errnoNumber("EPROTONOSUPPORT");
  }

  #count(messages: number, request: Uint8Array): void {
    this.tally.calls += 1;
    this.tally.messages += messages;
    this.tally.bytes += request.length;
  }

  /** What the table held when it was last settled. */
  #dumped(family: number, requests: Uint8Array): Uint8Array {
    const from = sourceOf(requests);
    const parts: Buffer[] = [];
    let count = 0;
    for (const message of messagesIn(from)) {
      count += 1;
      for (const payload of this.#payloads(family, message, requests)) {
        parts.push(header(message.type, message.sequence, payload), payload as Buffer);
      }
    }
    this.#count(count, requests);
    return Buffer.concat(parts);
  }

  #payloads(family: number, message: Message, requests: Uint8Array): Payload[] {
    const from = sourceOf(requests);
    const first = from.bytes[message.start] ?? 0;
    if (family === NETLINK.route && message.type === RTM.getAddress)
      return this.table.addresses(first);
    if (family !== NETLINK.generic) return [];
    if (first === COMMANDS.IPVS_CMD_GET_SERVICE) return this.table.services();
    return first === COMMANDS.IPVS_CMD_GET_DEST ? this.table.destinations(from, message) : [];
  }
}

function isWriting(family: number, number: number, type: number): boolean {
  if (family === NETLINK.generic) return type !== GENL_CONTROLLER && WRITING_IPVS.includes(number);
  return family === NETLINK.route && WRITING_ROUTE.includes(type);
}

/** The question for a scheduler, which every kernel refuses: see `scheduler-probe.ts`. */
function isProbe(family: number, from: Source, { start, end }: Message): boolean {
  if (family !== NETLINK.generic || from.bytes[start] !== COMMANDS.IPVS_CMD_NEW_SERVICE)
    return false;
  const { service } = command.read(from, start + GENL_HEADER_BYTES, end);
  return service?.mark === (PROBE_KEY.mark as number);
}

/** To the one message of a request: most are acknowledged, and that is all. */
function answerTo(family: number, request: Uint8Array, message: Message): Uint8Array {
  const { type, start } = message;
  if (family === NETLINK.route && type === RTM.getLink) return linkAnswer();
  if (family !== NETLINK.generic) return new Uint8Array();
  if (isProbe(family, sourceOf(request), message)) return refusal(message);
  if (type === GENL_CONTROLLER) return bytesOf(ipvsAnswer("CTRL_CMD_GETFAMILY"));
  if (request[start] === COMMANDS.IPVS_CMD_GET_INFO)
    return bytesOf(ipvsAnswer("IPVS_CMD_GET_INFO"));
  return new Uint8Array();
}

function bytesOf({ from }: ReturnType<typeof ipvsAnswer>): Uint8Array {
  return from.bytes;
}

function linkAnswer(): Uint8Array {
  const batch = new Batch(2 * LINK_HEADER_BYTES);
  batch.begin(RTM.newLink, 0);
  writeLinkHeader(batch.out, LINK_INDEX);
  linkAttributes.write(batch.out, { name: "kube-ipvs0", info: { kind: "dummy" } });
  batch.end();
  return batch.out.bytes();
}

/** `EINVAL`, as `struct nlmsgerr` has it. */
function refusal({ sequence }: Message): Buffer {
  const payload = Buffer.alloc(4 + HEADER_BYTES);
  payload.writeInt32LE(-errnoNumber("EINVAL"), 0);
  return Buffer.concat([header(NLMSG.error, sequence, payload), payload]);
}

function header(type: number, sequence: number, payload: Payload): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.writeUInt32LE(HEADER_BYTES + payload.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt32LE(sequence, 8);
  return bytes;
}
