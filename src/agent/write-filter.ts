/**
 * Writes packet filter operations so that one refusal touches only its own: a transaction is all or
 * nothing, and where the kernel does not say whose fault it was, halves are tried until it is known.
 */
import type { OperationFailure } from "../model/operation.ts";
import { type FilterObject, type FilterOperation, filterObjectId } from "../model/packet-filter.ts";
import { NftError } from "../nft/nft-error.ts";
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

/** `operations`, and what they leave of `held` as additions: all that tables made anew have to hold. */
export function asNewTables(
  held: Iterable<FilterObject>,
  operations: readonly FilterOperation[],
): readonly FilterOperation[] {
  const objects = new Map([...held].map((object) => [filterObjectId(object), object]));
  const gone = operations.filter(({ kind }) => kind === "delete-filter");
  for (const { object } of gone) objects.delete(filterObjectId(object));
  for (const { kind, object } of operations) {
    if (kind === "add-filter") objects.set(filterObjectId(object), object);
  }
  const kept = [...objects.values()];
  return [
    ...gone,
    ...kept.filter(({ kind }) => kind === "source-chain").map(added),
    ...kept.filter(({ kind }) => kind === "element").map(added),
  ];
}

function added(object: FilterObject): FilterOperation {
  return { kind: "add-filter", object };
}

/**
 * Makes the tables anew with what `operations` add, in one transaction. Where the kernel refuses that, the
 * tables come first and alone, so that a refused element touches no other.
 */
export async function replaceFilter(
  filter: PacketFilter,
  operations: readonly FilterOperation[],
): Promise<readonly OperationFailure[]> {
  const additions = operations.filter(({ kind }) => kind === "add-filter");
  try {
    await filter.replace(additions.map(({ object }) => object));
    return [];
  } catch (error) {
    const isRefused = error instanceof NftError && error.code === "REFUSED";
    if (!isRefused || additions.length === 0) throw error;
  }
  await filter.replace([]);
  const start = operations.length - additions.length;
  return writePart(filter, additions, start);
}
