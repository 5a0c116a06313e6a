/** The kernel's IP sets by netlink (`<linux/netfilter/ipset/ip_set.h>`): which there are, and away with one. */
import { attributes, text, u8 } from "../netlink/codec.ts";
import { errnoNumber, NetlinkError } from "../netlink/errors.ts";
import { loadLibrary } from "../netlink/library.ts";
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

/** What came of destroying a set. */
export type Destroyed = "destroyed" | "in-use";

/** IP sets in words. Methods reject with a `NetlinkError` when socket or kernel fail. */
export interface IpSets {
  /** The names of all sets; none on a kernel without IP sets. */
  names(): Promise<readonly string[]>;
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
  return { names: () => names(socket), destroy: (name) => destroy(socket, name), close };
  function close(): void {
    socket.close();
  }
}

async function names(socket: NetlinkSocket): Promise<readonly string[]> {
  const batch = new Batch(MESSAGE_BYTES);
  writeCommand(batch, { command: COMMAND.list, flags: NLM_F.dump });
  try {
    const answers = await socket.dump("IPSET_CMD_LIST", batch);
    const found = answers.flatMap(({ from, messages }) =>
      messages.map(
        ({ start, end }) => setAttributes.read(from, start + NETFILTER_HEADER_BYTES, end).name,
      ),
    );
    // A set with many entries comes in several messages.
    return [...new Set(found.filter((name) => name !== undefined))];
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
  }: { readonly command: number; readonly flags: number; readonly name?: string },
): void {
  batch.begin(netfilterType(NFNL_SUBSYSTEM.ipset, command), flags);
  // The subsystem wants a family, and looks at it for new sets alone.
  writeNetfilterHeader(batch.out, AF.inet);
  setAttributes.write(batch.out, { protocol: PROTOCOL, name });
  batch.end();
}
