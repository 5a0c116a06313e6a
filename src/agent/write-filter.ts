/**
 * Writes packet filter operations so that one refusal touches only its own: a transaction is all or
 * nothing, and where the kernel does not say whose fault it was, halves are tried until it is known.
 */
import type { OperationFailure } from "../model/operation.ts";
import type { FilterOperation } from "../model/packet-filter.ts";
import type { PacketFilter } from "../nft/packet-filter.ts";

/** One transaction where all goes well. Indexes of the failures are those of `operations`. */
export async function writeFilter(
  filter: PacketFilter,
  operations: readonly FilterOperation[],
): Promise<readonly OperationFailure[]> {
  return writePart(filter, operations, 0);
}

async function writePart(
  filter: PacketFilter,
  operations: readonly FilterOperation[],
  start: number,
): Promise<readonly OperationFailure[]> {
  const refused = await filter.write(operations);
  if (refused.length === 0) return [];
  if (operations.length === 1) return refused.map((failure) => ({ ...failure, index: start }));
  // A source chain and what jumps to it stand in this order, so that the first half never needs the second.
  const middle = operations.length >> 1;
  return [
    ...(await writePart(filter, operations.slice(0, middle), start)),
    ...(await writePart(filter, operations.slice(middle), start + middle)),
  ];
}
