/** IPVS in our words: what names a virtual service or destination, and what can be set on one. */
import { joined } from "../base/joined.ts";
import { type Address, type Family, familyOf } from "./address.ts";

/** The transport protocols that IPVS balances. */
export type Protocol = "tcp" | "udp" | "sctp";

/** A virtual service that packets reach by their destination address and port. */
export interface SocketKey {
  readonly protocol: Protocol;
  readonly address: Address;
  /** 1 to 65535; 0 only on what others made (every port of the address). */
  readonly port: number;
}

/** A virtual service that packets reach by their firewall mark (`nfmark`). */
export interface MarkKey {
  /** The whole mark, 1 to 2^32 - 1. */
  readonly mark: number;
  readonly family: Family;
}

/** What names a virtual service in the kernel: nothing else tells two of them apart. */
export type ServiceKey = SocketKey | MarkKey;

/** `tcp/10.96.0.1:443`, `udp/[fd00::a]:53`, `mark/256/ipv4`: the key as text, equal by `===`. */
export type ServiceId = string;

/** The text of a key, for maps, logs and people. */
export function serviceId(key: ServiceKey): ServiceId {
  if ("mark" in key) return joined("mark/", key.mark, "/", key.family);
  return joined(key.protocol, "/", socketText(key.address, key.port));
}

/** `10.0.0.1:80` or `[fd00::1]:80`. */
export function socketText(address: Address, port: number): string {
  return familyOf(address) === "ipv6"
    ? joined("[", address, "]:", port)
    : joined(address, ":", port);
}

/** The family of the packets that a virtual service takes. */
export function serviceFamily(key: ServiceKey): Family {
  return "mark" in key ? key.family : familyOf(key.address);
}

/** The three bits that a scheduler reads as it likes: `IP_VS_SVC_F_SCHED1` to `3`. */
export type SchedulerFlag = "flag-1" | "flag-2" | "flag-3";

/** Client affinity of a virtual service (`IP_VS_SVC_F_PERSISTENT`). */
export interface Persistence {
  /** Seconds that a client stays with its destination after its last connection. */
  readonly timeoutS: number;
  /** Prefix length that makes clients the same one: 32 or 128 for single addresses. */
  readonly prefixLength: number;
  /** A persistence engine (`sip`), or "" for the client address alone. */
  readonly engine: string;
}

/** All that can be set on a virtual service, and changed in place. */
export interface ServiceSettings {
  /** Kernel name of the scheduler, such as `rr`; "" for none. */
  readonly scheduler: string;
  /** In the order flag-1, flag-2, flag-3; no duplicates. */
  readonly schedulerFlags: readonly SchedulerFlag[];
  /** Each UDP packet is scheduled on its own (`IP_VS_SVC_F_ONEPACKET`). */
  readonly onePacket: boolean;
  readonly persistence: Persistence | undefined;
}

/** A virtual service: its name and its settings. Destinations are held beside it. */
export interface VirtualService {
  readonly key: ServiceKey;
  readonly settings: ServiceSettings;
}

/** True when both would make the same kernel object. */
export function sameSettings(a: ServiceSettings, b: ServiceSettings): boolean {
  return (
    a === b ||
    (a.scheduler === b.scheduler &&
      a.onePacket === b.onePacket &&
      a.schedulerFlags.join() === b.schedulerFlags.join() &&
      samePersistence(a.persistence, b.persistence))
  );
}

function samePersistence(a: Persistence | undefined, b: Persistence | undefined): boolean {
  return (
    a === b ||
    (a?.timeoutS === b?.timeoutS && a?.prefixLength === b?.prefixLength && a?.engine === b?.engine)
  );
}

/** How packets reach a destination: `IP_VS_CONN_F_MASQ`, `_LOCALNODE`, `_TUNNEL`, `_DROUTE`, `_BYPASS`. */
export type Forward = "masquerade" | "local" | "tunnel" | "route" | "bypass";

/** Encapsulation for forward `tunnel` (`IP_VS_CONN_F_TUNNEL_TYPE_*`). */
export interface Tunnel {
  readonly type: "ipip" | "gue" | "gre";
  /** UDP port of GUE; 0 otherwise. */
  readonly port: number;
  /** `IP_VS_TUNNEL_ENCAP_FLAG_*` as the kernel's word. */
  readonly flags: number;
}

/** What names a destination inside its virtual service. */
export interface DestinationKey {
  readonly address: Address;
  readonly port: number;
}

/** A destination: its name and all that can be set on it. */
export interface Destination extends DestinationKey {
  /** Share of new connections; 0 takes none and keeps those it has (draining). */
  readonly weight: number;
  readonly forward: Forward;
  /** Connections from which on it takes no new ones; 0 for no limit. */
  readonly upperThreshold: number;
  /** Connections below which it takes new ones again; 0 for 3/4 of the upper one. */
  readonly lowerThreshold: number;
  /** Only with forward `tunnel`. */
  readonly tunnel: Tunnel | undefined;
}

/** `10.0.0.1:8080` or `[fd00::1]:8080`: the key as text, equal by `===`. */
export type DestinationId = string;

/** The text of a destination's key. */
export function destinationId(key: DestinationKey): DestinationId {
  return socketText(key.address, key.port);
}

/** True when both would make the same kernel object. */
export function sameDestination(a: Destination, b: Destination): boolean {
  return (
    a === b ||
    (a.weight === b.weight &&
      a.address === b.address &&
      a.port === b.port &&
      a.forward === b.forward &&
      a.upperThreshold === b.upperThreshold &&
      a.lowerThreshold === b.lowerThreshold &&
      sameTunnel(a.tunnel, b.tunnel))
  );
}

function sameTunnel(a: Tunnel | undefined, b: Tunnel | undefined): boolean {
  return a === b || (a?.type === b?.type && a?.port === b?.port && a?.flags === b?.flags);
}

/** One row of the kernel's table: a virtual service with its destinations, in kernel order of adding. */
export interface TableEntry {
  readonly service: VirtualService;
  readonly destinations: ReadonlyMap<DestinationId, Destination>;
}
