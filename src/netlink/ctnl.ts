/** Connection tracking entries: messages and attributes of `<linux/netfilter/nfnetlink_conntrack.h>`. */
import { attributes, be16, be32, bytes, type Codec, type Source, u8, u32 } from "./codec.ts";
import { findAttribute } from "./find-attribute.ts";
import { type Batch, type Message, NLM_F } from "./message.ts";
import {
  NETFILTER_HEADER_BYTES,
  NFNL_SUBSYSTEM,
  netfilterType,
  writeNetfilterHeader,
} from "./nfnl.ts";
import { ATTRIBUTE_HEADER_BYTES, HOST_IS_LITTLE_ENDIAN } from "./writer.ts";

/** `IPCTNL_MSG_CT_*` as types of messages. */
export const CONNTRACK = {
  new: netfilterType(NFNL_SUBSYSTEM.conntrack, 0),
  get: netfilterType(NFNL_SUBSYSTEM.conntrack, 1),
  delete: netfilterType(NFNL_SUBSYSTEM.conntrack, 2),
} as const;

/** Bytes that a question or a deletion takes at most: both are headers, one tuple and a few numbers. */
export const CONNTRACK_MESSAGE_BYTES = 160;

/** `CTA_IP_*`. */
const ipAttributes = attributes("CTA_IP", {
  source4: { type: 1, codec: bytes },
  destination4: { type: 2, codec: bytes },
  source6: { type: 3, codec: bytes },
  destination6: { type: 4, codec: bytes },
});

const TUPLE_PROTO = 2;
const PROTO_DESTINATION_PORT = 3;

/** `CTA_PROTO_*`. */
const protoAttributes = attributes("CTA_PROTO", {
  number: { type: 1, codec: u8 },
  sourcePort: { type: 2, codec: be16 },
  destinationPort: { type: PROTO_DESTINATION_PORT, codec: be16 },
});

/** `CTA_TUPLE_*`: one direction of a flow. */
export const tupleAttributes = attributes("CTA_TUPLE", {
  ip: { type: 1, codec: ipAttributes },
  proto: { type: TUPLE_PROTO, codec: protoAttributes },
});

/** `CTA_FILTER_*`. */
const filterAttributes = attributes("CTA_FILTER", {
  originalFlags: { type: 1, codec: u32 },
});

/** `CTA_FILTER_F_CTA_PROTO_NUM`: of the tuple in the question, the protocol counts. */
const FILTER_PROTOCOL = 1 << 3;

/** A nested attribute that is kept as it is: what is deleted must be named exactly as it was told. */
const nestedBytes: Codec<Uint8Array> = { ...bytes, isNested: true };

const TUPLE_ORIGINAL = 1;

/** `CTA_*`: an entry. */
export const entryAttributes = attributes("CTA", {
  /** In the form of {@link tupleAttributes}. */
  original: { type: TUPLE_ORIGINAL, codec: nestedBytes },
  reply: { type: 2, codec: tupleAttributes },
  timeout: { type: 7, codec: be32 },
  id: { type: 12, codec: bytes },
  zone: { type: 18, codec: bytes },
});

/** `CTA_*` of a question for entries of one protocol. */
const questionAttributes = attributes("CTA", {
  original: { type: TUPLE_ORIGINAL, codec: tupleAttributes },
  filter: { type: 25, codec: filterAttributes },
});

/** What names one entry, as the kernel told it. */
export interface EntryName {
  /** `CTA_TUPLE_ORIG`: without it, a deletion would delete every entry. */
  readonly original: Uint8Array;
  readonly id: Uint8Array | undefined;
  readonly zone: Uint8Array | undefined;
}

/**
 * Appends a dump of the entries of an address family (`AF_*`), of one protocol (`IPPROTO_*`) when it is
 * given. Kernels before 5.8 do not know that filter and answer with all.
 */
export function writeGetEntries(batch: Batch, family: number, protocol: number | undefined): void {
  batch.begin(CONNTRACK.get, NLM_F.dump);
  writeNetfilterHeader(batch.out, family);
  if (protocol !== undefined) {
    questionAttributes.write(batch.out, {
      original: { proto: { number: protocol } },
      filter: { originalFlags: FILTER_PROTOCOL },
    });
  }
  batch.end();
}

/** Appends the deletion of one entry. */
export function writeDeleteEntry(
  batch: Batch,
  family: number,
  { original, id, zone }: EntryName,
): void {
  batch.begin(CONNTRACK.delete, 0);
  writeNetfilterHeader(batch.out, family);
  entryAttributes.write(batch.out, { original, id, zone });
  batch.end();
}

/** Destination port of an entry's original direction, without reading the rest; -1 without ports. */
export function originalPort(from: Source, { start, end }: Message): number {
  let at = findAttribute(from, TUPLE_ORIGINAL, { start: start + NETFILTER_HEADER_BYTES, end });
  for (const type of [TUPLE_PROTO, PROTO_DESTINATION_PORT]) {
    if (at === -1) return -1;
    const length = from.view.getUint16(at, HOST_IS_LITTLE_ENDIAN);
    const inside = { start: at + ATTRIBUTE_HEADER_BYTES, end: at + length };
    at = findAttribute(from, type, inside);
  }
  return at === -1 ? -1 : from.view.getUint16(at + ATTRIBUTE_HEADER_BYTES, false);
}
