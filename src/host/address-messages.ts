/** The rtnetlink messages about all links and all addresses: asked for and read here, sent elsewhere. */
import { readAddress } from "../model/address.ts";
import type { InterfaceAddress } from "../model/node-port-addresses.ts";
import { required, type Source } from "../netlink/codec.ts";
import { type Batch, type Message, messagesIn, NLM_F } from "../netlink/message.ts";
import {
  ADDRESS_HEADER_BYTES,
  AF,
  addressAttributes,
  LINK_HEADER_BYTES,
  linkAttributes,
  RTM,
  SCOPE,
  writeAddressHeader,
  writeLinkHeader,
} from "../netlink/rtnl.ts";
import type { Answer } from "../netlink/socket.ts";
import { HOST_IS_LITTLE_ENDIAN } from "../netlink/writer.ts";

/** Names of links by their numbers. */
export type LinkNames = Map<number, string>;

/** Appends a dump of all links. */
export function writeGetLinks(batch: Batch): void {
  batch.begin(RTM.getLink, NLM_F.dump);
  writeLinkHeader(batch.out, 0);
  batch.end();
}

/** Appends a dump of all addresses, both families in one: kernels without IPv6 answer IPv4 once. */
export function writeGetAllAddresses(batch: Batch): void {
  batch.begin(RTM.getAddress, NLM_F.dump);
  const family = AF.unspecified;
  writeAddressHeader(batch.out, { family, prefixLength: 0, flags: 0, scope: 0, index: 0 });
  batch.end();
}

/** The links of the answers to {@link writeGetLinks}. */
export function readLinkNames(answers: readonly Answer[]): LinkNames {
  const names: LinkNames = new Map();
  for (const { from, messages } of answers) {
    for (const message of messages) names.set(...linkOf(from, message));
  }
  return names;
}

/**
 * The addresses of the answers to {@link writeGetAllAddresses}, in their order, without those of the link `except`:
 * it may have thousands. An address on a link without a name here belongs to one that came or went between
 * the two dumps, and is left out: that is told as a change.
 */
export function readInterfaceAddresses(
  answers: readonly Answer[],
  names: LinkNames,
  except: string,
): InterfaceAddress[] {
  return answers.flatMap(({ from, messages }) =>
    messages.flatMap(({ start, end }): InterfaceAddress[] => {
      const family = from.bytes[start];
      const link = names.get(from.view.getUint32(start + 4, HOST_IS_LITTLE_ENDIAN));
      if (link === undefined || link === except) return [];
      if (family !== AF.inet && family !== AF.inet6) return [];
      const { local, address } = addressAttributes.read(from, start + ADDRESS_HEADER_BYTES, end);
      // On a point-to-point link IFA_ADDRESS is the other side's.
      const bytes = required(local ?? address, "IFA.local");
      return [{ address: readAddress(family === AF.inet ? "ipv4" : "ipv6", bytes, 0), link }];
    }),
  );
}

/**
 * Keeps `names` up to date with a datagram that was told, and says whether an address came or went on a link
 * other than `except`, or a link with addresses changed its name. A link that comes has no address yet, and one
 * that goes has lost them: both are told by themselves. Link-local addresses of IPv6 serve nothing, and come
 * and go with every pod.
 */
export function noteChanges(from: Source, names: LinkNames, except: string): boolean {
  let isChange = false;
  for (const message of messagesIn(from)) {
    const touched = touchedLinks(from, message, names);
    isChange ||= touched.some((name) => name !== except);
  }
  return isChange;
}

/** Names of the links whose addresses a message changes; "" for one whose name is not known. */
function touchedLinks(from: Source, message: Message, names: LinkNames): readonly string[] {
  const { type, start } = message;
  if (type === RTM.newAddress || type === RTM.deleteAddress) {
    const name = names.get(from.view.getUint32(start + 4, HOST_IS_LITTLE_ENDIAN)) ?? "";
    return isLinkLocalIpv6(from, message) ? [] : [name];
  }
  // Bridges tell of their ports in messages of this form too, which are of their own family.
  const isLink = type === RTM.newLink || type === RTM.deleteLink;
  if (!isLink || from.bytes[start] !== AF.unspecified) return [];
  const [index, name] = linkOf(from, message);
  const before = names.get(index);
  if (type === RTM.deleteLink) names.delete(index);
  else names.set(index, name);
  // Most such messages are about the state of a link, which does not matter here.
  const isRenamed = type === RTM.newLink && before !== undefined && before !== name;
  return isRenamed ? [before, name] : [];
}

function isLinkLocalIpv6({ bytes }: Source, { start }: Message): boolean {
  // `ifa_scope`, the fourth byte of `struct ifaddrmsg`.
  return bytes[start] === AF.inet6 && bytes[start + 3] === SCOPE.link;
}

/** Number and name; the kernel tells the name in every such message. */
function linkOf(from: Source, { start, end }: Message): [index: number, name: string] {
  const { name } = linkAttributes.read(from, start + LINK_HEADER_BYTES, end);
  // `ifi_index`, the second word of `struct ifinfomsg`.
  return [from.view.getInt32(start + 4, HOST_IS_LITTLE_ENDIAN), name ?? ""];
}
