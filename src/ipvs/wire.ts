/** Between the kernel's words and ours: the only file that knows both. Holds no bytes and no socket. */
import { type Address, type Family, familyOf, readAddress } from "../model/address.ts";
import type { ObservedDestination, ObservedService, Traffic } from "../model/counters.ts";
import {
  type Destination,
  type DestinationKey,
  type Forward,
  type Persistence,
  type Protocol,
  type SchedulerFlag,
  type ServiceKey,
  type ServiceSettings,
  serviceFamily,
  type Tunnel,
  type VirtualService,
} from "../model/virtual-service.ts";
import { required } from "../netlink/codec.ts";
import { NetlinkDecodeError } from "../netlink/errors.ts";
import { HOST_IS_LITTLE_ENDIAN } from "../netlink/writer.ts";
import type {
  DestinationAttributes,
  ServiceAttributes,
  Statistics32,
  Statistics64,
} from "./attributes.ts";

/** `AF_INET` and `AF_INET6`. */
const FAMILIES = { ipv4: 2, ipv6: 10 } as const satisfies Record<Family, number>;

/** `IPPROTO_*`. */
const PROTOCOLS = { tcp: 6, udp: 17, sctp: 132 } as const satisfies Record<Protocol, number>;

/** `IP_VS_CONN_F_*` under `IP_VS_CONN_F_FWD_MASK`. */
const FORWARDS = {
  masquerade: 0,
  local: 1,
  tunnel: 2,
  route: 3,
  bypass: 4,
} as const satisfies Record<Forward, number>;

/** `IP_VS_CONN_F_TUNNEL_TYPE_*`. */
const TUNNEL_TYPES = { ipip: 0, gue: 1, gre: 2 } as const satisfies Record<Tunnel["type"], number>;

/** `IP_VS_SVC_F_PERSISTENT` and `_ONEPACKET`. The kernel's own `_HASHED` (0x2) is nobody's setting. */
const PERSISTENT = 0x1;
const ONE_PACKET = 0x4;

/** `IP_VS_SVC_F_SCHED1` to `3`, in the order that the model wants them in. */
const SCHEDULER_FLAGS: readonly (readonly [SchedulerFlag, number])[] = [
  ["flag-1", 0x8],
  ["flag-2", 0x10],
  ["flag-3", 0x20],
];

/** All bits count: what is not set is cleared. */
const WHOLE_MASK = 0xffff_ffff;

/** What the kernel calls a service without a scheduler. */
const NO_SCHEDULER = "none";

/** The prefix lengths that mean a single address. */
const HOST_PREFIX = { ipv4: 32, ipv6: 128 } as const satisfies Record<Family, number>;

/** What names a service: all that DEL_SERVICE, GET_ and the commands for destinations want. */
export function toServiceIdentity(key: ServiceKey): ServiceAttributes {
  const family = FAMILIES[serviceFamily(key)];
  if ("mark" in key) return { family, mark: key.mark };
  return { family, protocol: PROTOCOLS[key.protocol], address: key.address, port: key.port };
}

/** A whole service: NEW_SERVICE and SET_SERVICE refuse anything less. */
export function toService({ key, settings }: VirtualService): ServiceAttributes {
  const family = serviceFamily(key);
  const { persistence, scheduler } = settings;
  const { protocol, address, port, mark } = toServiceIdentity(key);
  const engine = persistence?.engine ?? "";
  // Written out, not spread: this runs for each service of a cluster, and a spread takes 3 us.
  return {
    family: FAMILIES[family],
    protocol,
    address,
    port,
    mark,
    scheduler: scheduler === "" ? NO_SCHEDULER : scheduler,
    flags: { flags: toFlags(settings), mask: WHOLE_MASK },
    timeoutS: persistence?.timeoutS ?? 0,
    netmask: toNetmask(family, persistence?.prefixLength ?? HOST_PREFIX[family]),
    engine: engine === "" ? undefined : engine,
  };
}

/** What names a destination: all that DEL_DEST wants. */
export function toDestinationIdentity({ address, port }: DestinationKey): DestinationAttributes {
  return { address, port, family: FAMILIES[familyOf(address)] };
}

/** A whole destination: NEW_DEST and SET_DEST refuse anything less. */
export function toDestination(destination: Destination): DestinationAttributes {
  const { address, port, weight, forward, upperThreshold, lowerThreshold, tunnel } = destination;
  return {
    address,
    port,
    forward: FORWARDS[forward],
    weight,
    upperThreshold,
    lowerThreshold,
    family: FAMILIES[familyOf(address)],
    tunnelType: tunnel && TUNNEL_TYPES[tunnel.type],
    tunnelPort: tunnel?.port,
    tunnelFlags: tunnel?.flags,
  };
}

/**
 * A service as we say it, or undefined for one of a protocol that the model has no word for.
 * Throws NetlinkDecodeError when something that every kernel sends is missing.
 */
export function fromService(attributes: ServiceAttributes): ObservedService | undefined {
  const family = fromFamily(required(attributes.family, "IPVS_SVC_ATTR.family"));
  const key = fromServiceKey(family, attributes);
  if (key === undefined) return undefined;
  const scheduler = required(attributes.scheduler, "IPVS_SVC_ATTR.scheduler");
  const { flags } = required(attributes.flags, "IPVS_SVC_ATTR.flags");
  return {
    key,
    settings: {
      scheduler: scheduler === NO_SCHEDULER ? "" : scheduler,
      schedulerFlags: SCHEDULER_FLAGS.filter(([, bit]) => (flags & bit) !== 0).map(
        ([name]) => name,
      ),
      onePacket: (flags & ONE_PACKET) !== 0,
      persistence: (flags & PERSISTENT) === 0 ? undefined : fromPersistence(family, attributes),
    },
    traffic: () => fromStatistics(attributes),
  };
}

/**
 * A destination as we say it; kernels before 3.18 leave its family out, and mean `serviceFamily`.
 * Throws NetlinkDecodeError when something that every kernel sends is missing.
 */
export function fromDestination(
  attributes: DestinationAttributes,
  serviceFamily: Family,
): ObservedDestination {
  const { family, tunnelType, tunnelPort = 0, tunnelFlags = 0 } = attributes;
  const forward = wordOf(FORWARDS, attributes.forward, "IPVS_DEST_ATTR.forward");
  const type = wordOf(TUNNEL_TYPES, tunnelType ?? TUNNEL_TYPES.ipip, "IPVS_DEST_ATTR.tunnelType");
  const ownFamily = family === undefined ? serviceFamily : fromFamily(family);
  return {
    address: fromAddress(ownFamily, attributes.address),
    port: required(attributes.port, "IPVS_DEST_ATTR.port"),
    weight: required(attributes.weight, "IPVS_DEST_ATTR.weight"),
    forward,
    upperThreshold: required(attributes.upperThreshold, "IPVS_DEST_ATTR.upperThreshold"),
    lowerThreshold: required(attributes.lowerThreshold, "IPVS_DEST_ATTR.lowerThreshold"),
    tunnel: forward === "tunnel" ? { type, port: tunnelPort, flags: tunnelFlags } : undefined,
    activeConnections: attributes.activeConnections ?? 0,
    inactiveConnections: attributes.inactiveConnections ?? 0,
    persistentConnections: attributes.persistentConnections ?? 0,
    traffic: () => fromStatistics(attributes),
  };
}

function toFlags({ schedulerFlags, onePacket, persistence }: ServiceSettings): number {
  let flags = (persistence ? PERSISTENT : 0) | (onePacket ? ONE_PACKET : 0);
  for (const [name, bit] of SCHEDULER_FLAGS) if (schedulerFlags.includes(name)) flags |= bit;
  return flags;
}

/** IPv4: `/24` is the word whose bytes are 255.255.255.0. IPv6: the prefix length itself. */
function toNetmask(family: Family, prefixLength: number): number {
  if (family === "ipv6") return prefixLength;
  return networkOrder(prefixLength === 0 ? 0 : (WHOLE_MASK << (32 - prefixLength)) >>> 0);
}

function fromNetmask(family: Family, netmask: number): number {
  return family === "ipv6" ? netmask : Math.clz32(~networkOrder(netmask));
}

/** `htonl` and `ntohl`, which are the same. */
function networkOrder(word: number): number {
  if (!HOST_IS_LITTLE_ENDIAN) return word;
  const swapped =
    (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | ((word >>> 24) & 0xff);
  return swapped >>> 0;
}

function fromServiceKey(family: Family, attributes: ServiceAttributes): ServiceKey | undefined {
  const { mark } = attributes;
  if (mark !== undefined && mark !== 0) return { mark, family };
  const number = required(attributes.protocol, "IPVS_SVC_ATTR.protocol");
  const protocol = PROTOCOL_WORDS.get(number);
  if (protocol === undefined) return undefined;
  const port = required(attributes.port, "IPVS_SVC_ATTR.port");
  return { protocol, address: fromAddress(family, attributes.address), port };
}

const PROTOCOL_WORDS = new Map(
  Object.entries(PROTOCOLS).map(([word, number]) => [number as number, word as Protocol]),
);

function fromPersistence(family: Family, attributes: ServiceAttributes): Persistence {
  return {
    timeoutS: required(attributes.timeoutS, "IPVS_SVC_ATTR.timeoutS"),
    prefixLength: fromNetmask(family, required(attributes.netmask, "IPVS_SVC_ATTR.netmask")),
    engine: attributes.engine ?? "",
  };
}

function fromFamily(number: number): Family {
  return wordOf(FAMILIES, number, "address family");
}

function fromAddress(family: Family, address: Address | Uint8Array | undefined): Address {
  const bytes = required(address, "address");
  return typeof bytes === "string" ? bytes : readAddress(family, bytes, 0);
}

/** The 64-bit counters, else the older ones (before Linux 4.1). */
function fromStatistics(attributes: {
  readonly statistics32?: (() => Statistics32) | undefined;
  readonly statistics64?: (() => Statistics64) | undefined;
}): Traffic {
  const from: Statistics32 | Statistics64 =
    attributes.statistics64?.() ?? attributes.statistics32?.() ?? {};
  return {
    connections: BigInt(from.connections ?? 0),
    packetsIn: BigInt(from.packetsIn ?? 0),
    packetsOut: BigInt(from.packetsOut ?? 0),
    bytesIn: BigInt(from.bytesIn ?? 0),
    bytesOut: BigInt(from.bytesOut ?? 0),
    connectionsPerS: BigInt(from.connectionsPerS ?? 0),
    packetsInPerS: BigInt(from.packetsInPerS ?? 0),
    packetsOutPerS: BigInt(from.packetsOutPerS ?? 0),
    bytesInPerS: BigInt(from.bytesInPerS ?? 0),
    bytesOutPerS: BigInt(from.bytesOutPerS ?? 0),
  };
}

/** The word of a table of numbers; throws NetlinkDecodeError for a number that it does not have. */
function wordOf<W extends string>(
  words: Readonly<Record<W, number>>,
  number: number | undefined,
  path: string,
): W {
  for (const word in words) if (words[word] === number) return word;
  throw new NetlinkDecodeError(`${path}: unknown value ${number}`);
}
