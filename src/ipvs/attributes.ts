/**
 * The generic-netlink protocol of `<linux/ip_vs.h>`, complete, as tables to be read beside that header.
 * Speaks the kernel's words only: what they mean in ours is wire.ts's business.
 */
import { type Address, writeAddress } from "../model/address.ts";
import {
  attributes,
  be16,
  be32,
  bytes,
  type Codec,
  text,
  u8,
  u16,
  u32,
  u64,
  unread,
} from "../netlink/codec.ts";
import { NetlinkDecodeError } from "../netlink/errors.ts";

/** `IPVS_GENL_NAME`. */
export const IPVS_FAMILY = "IPVS";

/** `IPVS_CMD_*`. */
export const COMMANDS = {
  IPVS_CMD_NEW_SERVICE: 1,
  IPVS_CMD_SET_SERVICE: 2,
  IPVS_CMD_DEL_SERVICE: 3,
  IPVS_CMD_GET_SERVICE: 4,
  IPVS_CMD_NEW_DEST: 5,
  IPVS_CMD_SET_DEST: 6,
  IPVS_CMD_DEL_DEST: 7,
  IPVS_CMD_GET_DEST: 8,
  IPVS_CMD_NEW_DAEMON: 9,
  IPVS_CMD_DEL_DAEMON: 10,
  IPVS_CMD_GET_DAEMON: 11,
  IPVS_CMD_SET_CONFIG: 12,
  IPVS_CMD_GET_CONFIG: 13,
  IPVS_CMD_SET_INFO: 14,
  IPVS_CMD_GET_INFO: 15,
  IPVS_CMD_ZERO: 16,
  IPVS_CMD_FLUSH: 17,
} as const;

/** Name of a command in the kernel's header. */
export type CommandName = keyof typeof COMMANDS;

/** Bytes of `union nf_inet_addr`, of which IPv4 uses the first four. */
export const ADDRESS_UNION_BYTES = 16;

/**
 * `union nf_inet_addr`: written from canonical text, read as a copy of its bytes. The two differ
 * because the family, another attribute, says how many of the bytes count.
 */
const address: Codec<Address | Uint8Array> = {
  isNested: false,
  write(out, value) {
    if (typeof value !== "string") out.raw(value);
    else out.fill(ADDRESS_UNION_BYTES, (target, offset) => writeAddress(value, target, offset));
  },
  read: bytes.read,
};

/** `struct ip_vs_flags`: bits, and which of them count. */
export interface FlagWord {
  readonly flags: number;
  readonly mask: number;
}

const FLAG_WORD_BYTES = 8;

const flagWord: Codec<FlagWord> = {
  isNested: false,
  write(out, { flags, mask }) {
    out.u32(flags);
    out.u32(mask);
  },
  read(from, start, end) {
    if (end - start !== FLAG_WORD_BYTES) {
      throw new NetlinkDecodeError(`expected ${FLAG_WORD_BYTES} bytes, got ${end - start}`);
    }
    const middle = start + 4;
    return { flags: u32.read(from, start, middle), mask: u32.read(from, middle, end) };
  },
};

/** `IPVS_STATS_ATTR_*` inside `_STATS`: 32 bits but for the bytes. */
const statistics32 = attributes("IPVS_STATS_ATTR", {
  connections: { type: 1, codec: u32 },
  packetsIn: { type: 2, codec: u32 },
  packetsOut: { type: 3, codec: u32 },
  bytesIn: { type: 4, codec: u64 },
  bytesOut: { type: 5, codec: u64 },
  connectionsPerS: { type: 6, codec: u32 },
  packetsInPerS: { type: 7, codec: u32 },
  packetsOutPerS: { type: 8, codec: u32 },
  bytesInPerS: { type: 9, codec: u32 },
  bytesOutPerS: { type: 10, codec: u32 },
});

/** `IPVS_STATS_ATTR_*` inside `_STATS64` (Linux 4.1 and later). */
const statistics64 = attributes("IPVS_STATS_ATTR", {
  connections: { type: 1, codec: u64 },
  packetsIn: { type: 2, codec: u64 },
  packetsOut: { type: 3, codec: u64 },
  bytesIn: { type: 4, codec: u64 },
  bytesOut: { type: 5, codec: u64 },
  connectionsPerS: { type: 6, codec: u64 },
  packetsInPerS: { type: 7, codec: u64 },
  packetsOutPerS: { type: 8, codec: u64 },
  bytesInPerS: { type: 9, codec: u64 },
  bytesOutPerS: { type: 10, codec: u64 },
});

/** Numbers of the attributes that stencil.ts overwrites in encoded messages. */
export const NUMBERS = {
  command: { service: 1, destination: 2 },
  service: { address: 3, port: 4 },
  destination: { address: 1, port: 2, weight: 4 },
} as const;

/** `IPVS_SVC_ATTR_*`. */
export const service = attributes("IPVS_SVC_ATTR", {
  family: { type: 1, codec: u16 },
  protocol: { type: 2, codec: u16 },
  address: { type: NUMBERS.service.address, codec: address },
  port: { type: NUMBERS.service.port, codec: be16 },
  mark: { type: 5, codec: u32 },
  scheduler: { type: 6, codec: text },
  flags: { type: 7, codec: flagWord },
  timeoutS: { type: 8, codec: u32 },
  /** IPv4: a mask in network order. IPv6: a prefix length in host order. Here as host order for both. */
  netmask: { type: 9, codec: u32 },
  statistics32: { type: 10, codec: unread(statistics32) },
  engine: { type: 11, codec: text },
  statistics64: { type: 12, codec: unread(statistics64) },
});

/** `IPVS_DEST_ATTR_*`. */
export const destination = attributes("IPVS_DEST_ATTR", {
  address: { type: NUMBERS.destination.address, codec: address },
  port: { type: NUMBERS.destination.port, codec: be16 },
  forward: { type: 3, codec: u32 },
  weight: { type: NUMBERS.destination.weight, codec: u32 },
  upperThreshold: { type: 5, codec: u32 },
  lowerThreshold: { type: 6, codec: u32 },
  activeConnections: { type: 7, codec: u32 },
  inactiveConnections: { type: 8, codec: u32 },
  persistentConnections: { type: 9, codec: u32 },
  statistics32: { type: 10, codec: unread(statistics32) },
  /** Linux 3.18 and later. */
  family: { type: 11, codec: u16 },
  statistics64: { type: 12, codec: unread(statistics64) },
  /** The three for tunnels: Linux 5.2 and 5.3 and later. */
  tunnelType: { type: 13, codec: u8 },
  tunnelPort: { type: 14, codec: be16 },
  tunnelFlags: { type: 15, codec: u16 },
});

/** `IPVS_DAEMON_ATTR_*`: the connection synchronization that this program leaves alone. */
export const daemon = attributes("IPVS_DAEMON_ATTR", {
  state: { type: 1, codec: u32 },
  interface: { type: 2, codec: text },
  syncId: { type: 3, codec: u32 },
  payloadBytesMax: { type: 4, codec: u16 },
  group: { type: 5, codec: be32 },
  group6: { type: 6, codec: bytes },
  port: { type: 7, codec: u16 },
  ttl: { type: 8, codec: u8 },
});

/** `IPVS_CMD_ATTR_*`: the first level of every command but GET_INFO. */
export const command = attributes("IPVS_CMD_ATTR", {
  service: { type: NUMBERS.command.service, codec: service },
  destination: { type: NUMBERS.command.destination, codec: destination },
  daemon: { type: 3, codec: daemon },
  timeoutTcpS: { type: 4, codec: u32 },
  timeoutTcpFinS: { type: 5, codec: u32 },
  timeoutUdpS: { type: 6, codec: u32 },
});

/** `IPVS_INFO_ATTR_*`: the first level of the answer to GET_INFO. */
export const info = attributes("IPVS_INFO_ATTR", {
  version: { type: 1, codec: u32 },
  connectionTableSize: { type: 2, codec: u32 },
});

type Of<T> = T extends Codec<infer V> ? V : never;

/** What `IPVS_CMD_ATTR_SERVICE` holds. */
export type ServiceAttributes = Of<typeof service>;

/** What `IPVS_CMD_ATTR_DEST` holds. */
export type DestinationAttributes = Of<typeof destination>;

/** What `IPVS_SVC_ATTR_STATS` and `IPVS_DEST_ATTR_STATS` hold. */
export type Statistics32 = Of<typeof statistics32>;

/** What `IPVS_SVC_ATTR_STATS64` and `IPVS_DEST_ATTR_STATS64` hold. */
export type Statistics64 = Of<typeof statistics64>;

/** What the first level of a command holds. */
export type CommandAttributes = Of<typeof command>;
