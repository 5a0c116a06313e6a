/** The rtnetlink messages about one link and its addresses: written and read here, sent elsewhere. */
import { type Address, familyOf, readAddress, writeAddress } from "../model/address.ts";
import type { AddressOperation } from "../model/operation.ts";
import { required } from "../netlink/codec.ts";
import { type Batch, NLM_F } from "../netlink/message.ts";
import {
  ADDRESS_HEADER_BYTES,
  AF,
  addressAttributes,
  IFA_F_NODAD,
  LINK_HEADER_BYTES,
  linkAttributes,
  RTM,
  SCOPE,
  writeAddressHeader,
  writeLinkHeader,
} from "../netlink/rtnl.ts";
import type { Answer } from "../netlink/socket.ts";
import { HOST_IS_LITTLE_ENDIAN } from "../netlink/writer.ts";

/** The kind of link that we make (`IFLA_INFO_KIND`). */
export const DUMMY = "dummy";

/** Bytes that any one of these messages takes at most. */
export const LINK_MESSAGE_BYTES = 96;

/** A link as the kernel tells it. */
export interface FoundLink {
  readonly index: number;
  /** `IFLA_INFO_KIND`; "" for links without one, hardware mostly. */
  readonly kind: string;
}

/** Appends the question for a link by its name. */
export function writeGetLink(batch: Batch, name: string): void {
  batch.begin(RTM.getLink, 0);
  writeLinkHeader(batch.out, 0);
  linkAttributes.write(batch.out, { name });
  batch.end();
}

/** Appends the creation of a dummy, which stays down: its addresses are local all the same. */
export function writeNewDummy(batch: Batch, name: string): void {
  batch.begin(RTM.newLink, NLM_F.create | NLM_F.exclusive);
  writeLinkHeader(batch.out, 0);
  linkAttributes.write(batch.out, { name, info: { kind: DUMMY } });
  batch.end();
}

/** The link that an answer tells of, if any. */
export function readLink({ from, messages }: Answer): FoundLink | undefined {
  const message = messages.find(({ type }) => type === RTM.newLink);
  if (message === undefined) return undefined;
  const { info } = linkAttributes.read(from, message.start + LINK_HEADER_BYTES, message.end);
  return {
    // `ifi_index`, the second word of `struct ifinfomsg`.
    index: from.view.getInt32(message.start + 4, HOST_IS_LITTLE_ENDIAN),
    kind: info?.kind ?? "",
  };
}

/** Appends the addition or removal of a host address. */
export function writeAddressOperation(
  batch: Batch,
  { kind, address }: AddressOperation,
  index: number,
): void {
  const isIpv6 = familyOf(address) === "ipv6";
  const adds = kind === "add-address";
  // No duplicate detection: the address must be usable at once, and nobody else is on this link.
  const flags = isIpv6 && adds ? IFA_F_NODAD : 0;
  const bytes = bytesOf(address);
  batch.begin(adds ? RTM.newAddress : RTM.deleteAddress, adds ? NLM_F.create | NLM_F.exclusive : 0);
  writeAddressHeader(batch.out, {
    family: isIpv6 ? AF.inet6 : AF.inet,
    prefixLength: bytes.length * 8,
    flags,
    scope: SCOPE.universe,
    index,
  });
  addressAttributes.write(batch.out, { address: bytes, local: bytes });
  batch.end();
}

function bytesOf(address: Address): Uint8Array {
  const bytes = new Uint8Array(16);
  return bytes.subarray(0, writeAddress(address, bytes, 0));
}

/** Appends a dump of the addresses of both families on the link `index`. */
export function writeGetAddresses(batch: Batch, index: number): void {
  for (const family of [AF.inet, AF.inet6]) {
    batch.begin(RTM.getAddress, NLM_F.dump);
    writeAddressHeader(batch.out, { family, prefixLength: 0, flags: 0, scope: 0, index });
    batch.end();
  }
}

/**
 * The host addresses (/32, /128) on link `index`, IPv6 link-local ones excepted, out of the answers to
 * {@link writeGetAddresses}. Old kernels answer with all links, and those without IPv6 with IPv4 twice.
 */
export function readAddresses(answers: readonly Answer[], index: number): Address[] {
  const found = new Set<Address>();
  for (const { from, messages } of answers) {
    for (const { start, end } of messages) {
      // `struct ifaddrmsg`: family, length of the prefix, flags, scope, and the link.
      const isIpv6 = from.bytes[start] === AF.inet6;
      const isHost = from.bytes[start + 1] === (isIpv6 ? 128 : 32);
      const isLinkLocal = isIpv6 && from.bytes[start + 3] === SCOPE.link;
      const isHere = from.view.getUint32(start + 4, HOST_IS_LITTLE_ENDIAN) === index;
      if (!isHere || !isHost || isLinkLocal) continue;
      const { local, address } = addressAttributes.read(from, start + ADDRESS_HEADER_BYTES, end);
      found.add(readAddress(isIpv6 ? "ipv6" : "ipv4", required(local ?? address, "IFA.local"), 0));
    }
  }
  return [...found];
}
