/** Connection tracking entries as bytes: for scripted answers, and to be put into a real kernel. */
import { writeAddress } from "../../src/model/address.ts";
import {
  CONNTRACK,
  CONNTRACK_MESSAGE_BYTES,
  entryAttributes,
  tupleAttributes,
} from "../../src/netlink/ctnl.ts";
import { type Batch, NLM_F } from "../../src/netlink/message.ts";
import { writeNetfilterHeader } from "../../src/netlink/nfnl.ts";
import { AF } from "../../src/netlink/rtnl.ts";
import { Writer } from "../../src/netlink/writer.ts";

/** One end of a flow: an address and a port. */
export type End = readonly [address: string, port: number];

/** An entry; the reply goes from `backend` to `client` unless it says otherwise. */
export interface Entry {
  readonly client: End;
  readonly frontend: End;
  readonly backend: End;
  /** `IPPROTO_*`; UDP when absent. */
  readonly protocol?: number;
  readonly id?: number;
  readonly zone?: number;
}

/** Seconds that a made entry lives. */
const LIFE_S = 600;

/** Appends the payload of an entry: of an answer, or of the wish to make it. */
export function writeEntry(
  out: Writer,
  { client, frontend, backend, protocol = 17, id, zone }: Entry,
): void {
  writeNetfilterHeader(out, client[0].includes(":") ? AF.inet6 : AF.inet);
  const original = new Writer(CONNTRACK_MESSAGE_BYTES);
  tupleAttributes.write(original, tupleOf(client, frontend, protocol));
  entryAttributes.write(out, {
    original: original.bytes(),
    reply: tupleOf(backend, client, protocol),
    timeout: LIFE_S,
    id: id === undefined ? undefined : Uint8Array.of(0, 0, id >> 8, id),
    zone: zone === undefined ? undefined : Uint8Array.of(zone >> 8, zone),
  });
}

/** Appends the wish to make an entry. */
export function writeNewEntry(batch: Batch, entry: Entry): void {
  batch.begin(CONNTRACK.new, NLM_F.create | NLM_F.exclusive);
  writeEntry(batch.out, entry);
  batch.end();
}

function tupleOf(from: End, to: End, number: number): Parameters<typeof tupleAttributes.write>[1] {
  const source = bytesOf(from[0]);
  const destination = bytesOf(to[0]);
  const ip =
    source.length === 4
      ? { source4: source, destination4: destination }
      : { source6: source, destination6: destination };
  return { ip, proto: { number, sourcePort: from[1], destinationPort: to[1] } };
}

function bytesOf(address: string): Uint8Array {
  const bytes = new Uint8Array(16);
  return bytes.subarray(0, writeAddress(address, bytes, 0));
}
