/**
 * The kernel's IP sets by netlink (`<linux/netfilter/ipset/ip_set.h>`): which there are, what is in one, and away
 * with one.
 */
import { ADDRESS_BYTES, type Address, readAddress } from "../model/address.ts";
import {
  type Attributes,
  type AttributeTable,
  attributes,
  be16,
  bytes,
  text,
  u8,
} from "../netlink/codec.ts";
import { errnoNumber, NetlinkError } from "../netlink/errors.ts";
import { loadLibrary } from "../netlink/library.ts";
import { listOf } from "../netlink/list-of.ts";
import { Batch, NLM_F } from "../netlink/message.ts";
import {
  NETFILTER_HEADER_BYTES,
  NFNL_SUBSYSTEM,
  netfilterType,
  writeNetfilterHeader,
} from "../netlink/nfnl.ts";
import { AF } from "../netlink/rtnl.ts";
import { NETLINK, type NetlinkSocket, openSocket } from "../netlink/socket.ts";

/** `IPSET_CMD_*`. */
const COMMAND = { destroy: 3, list: 7 } as const;

/** The oldest protocol of kernels from 2.6.39 on that all later ones still speak. */
const PROTOCOL = 6;

/** Bytes that any one of these messages takes at most. */
const MESSAGE_BYTES = 96;

/** `IPSET_ERR_BUSY`: a rule refers to the set, so it stays. ipset's own errnos begin at 4096. */
const IN_USE = 4_100;

/** The kernel has no IP sets, or not this one: ENOENT is of the set, the others of the subsystem. */
const NO_SETS = new Set([errnoNumber("EINVAL"), errnoNumber("EOPNOTSUPP"), errnoNumber("ENOENT")]);

/** `IPSET_ATTR_*` of commands. */
const setAttributes = attributes("IPSET_ATTR", {
  protocol: { type: 1, codec: u8 },
  name: { type: 2, codec: text },
});

/** `IPSET_ATTR_IPADDR_*`. */
const addressAttributes = attributes("IPSET_ATTR_IP", {
  ipv4: { type: 1, codec: bytes },
  ipv6: { type: 2, codec: bytes },
});

/** `IPSET_ATTR_*` of members. */
const memberAttributes = attributes("IPSET_ATTR_DATA", {
  address: { type: 1, codec: addressAttributes },
  port: { type: 4, codec: be16 },
  protocol: { type: 7, codec: u8 },
});

/** `IPSET_ATTR_ADT` of a listed set: some of its members. */
const listAttributes = attributes("IPSET_ATTR", {
  members: { type: 8, codec: listOf("IPSET_ATTR_ADT", { type: 7, codec: memberAttributes }) },
});

/** A member as far as it is looked at; what a set of its type does not have is undefined. */
export interface SetMember {
  readonly address: Address | undefined;
  readonly port: number | undefined;
  /** `IPPROTO_*`. */
  readonly protocol: number | undefined;
}

/** What came of destroying a set. */
export type Destroyed = "destroyed" | "in-use";

/** IP sets in words. Methods reject with a `NetlinkError` when socket or kernel fail. */
export interface IpSets {
  /** The names of all sets; none on a kernel without IP sets. */
  names(): Promise<readonly string[]>;
  /** What is in the set; nothing in one that is gone. */
  members(name: string): Promise<readonly SetMember[]>;
  /** Destroys the set with all that it holds, unless a rule refers to it. One that is gone is destroyed. */
  destroy(name: string): Promise<Destroyed>;
  close(): void;
}

/** Opens them. Throws NativeLibraryError or NetlinkError. */
export function openIpSets(): IpSets {
  return ipSetsOver(openSocket(loadLibrary(), NETLINK.netfilter));
}

/** IP sets over an open netfilter socket, which is owned from then on. */
export function ipSetsOver(socket: NetlinkSocket): IpSets {
  return {
    names: () => names(socket),
    members: (name) => members(socket, name),
    destroy: (name) => destroy(socket, name),
    close: () => socket.close(),
  };
}

async function names(socket: NetlinkSocket): Promise<readonly string[]> {
  const found = await list(socket, setAttributes);
  // A set with many entries comes in several messages.
  return [...new Set(found.map(({ name }) => name).filter((name) => name !== undefined))];
}

async function members(socket: NetlinkSocket, name: string): Promise<readonly SetMember[]> {
  const found = await list(socket, listAttributes, name);
  return found
    .flatMap((part) => part.members ?? [])
    .map(({ address, port, protocol }) => ({
      address: addressOf(address),
      port,
      protocol,
    }));
}

function addressOf(
  found: { readonly ipv4?: Uint8Array | undefined; readonly ipv6?: Uint8Array | undefined } = {},
): Address | undefined {
  if (found.ipv4?.length === ADDRESS_BYTES.ipv4) return readAddress("ipv4", found.ipv4, 0);
  if (found.ipv6?.length === ADDRESS_BYTES.ipv6) return readAddress("ipv6", found.ipv6, 0);
  return undefined;
}

/** What each message of a listing says, as far as `table` knows: of all sets, or of the one of that name. */
async function list<R>(
  socket: NetlinkSocket,
  table: AttributeTable<R>,
  name?: string,
): Promise<readonly Attributes<R>[]> {
  const batch = new Batch(MESSAGE_BYTES);
  writeCommand(batch, { command: COMMAND.list, flags: NLM_F.dump, name });
  try {
    const answers = await socket.dump("IPSET_CMD_LIST", batch);
    return answers.flatMap(({ from, messages }) =>
      messages.map(({ start, end }) => table.read(from, start + NETFILTER_HEADER_BYTES, end)),
    );
  } catch (error) {
    if (error instanceof NetlinkError && NO_SETS.has(error.errno)) return [];
    throw error;
  }
}

async function destroy(socket: NetlinkSocket, name: string): Promise<Destroyed> {
  const operation = `IPSET_CMD_DESTROY ${name}`;
  const batch = new Batch(MESSAGE_BYTES);
  writeCommand(batch, { command: COMMAND.destroy, flags: 0, name });
  const [failure] = await socket.transact(operation, batch);
  if (failure === undefined || failure.errno === errnoNumber("ENOENT")) return "destroyed";
  if (failure.errno === IN_USE) return "in-use";
  throw new NetlinkError(operation, failure.errno, failure);
}

function writeCommand(
  batch: Batch,
  {
    command,
    flags,
    name,
  }: { readonly command: number; readonly flags: number; readonly name?: string | undefined },
): void {
  batch.begin(netfilterType(NFNL_SUBSYSTEM.ipset, command), flags);
  // The subsystem wants a family, and looks at it for new sets alone.
  writeNetfilterHeader(batch.out, AF.inet);
  setAttributes.write(batch.out, { protocol: PROTOCOL, name });
  batch.end();
}
