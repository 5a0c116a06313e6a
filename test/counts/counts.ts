/** What one scenario costs, and how near two such costs are. Pure. */

/** Each time it is done. */
export interface Counts {
  /** Netlink messages of all sockets, questions included. */
  readonly messages: number;
  /** Those of them that change something. */
  readonly writes: number;
  /** Calls of the native library: each that sends is a system call, and each that receives. */
  readonly calls: number;
  /** Bytes of all messages. */
  readonly messageBytes: number;
  /** Scripts that libnftables runs, each a transaction or a listing. */
  readonly nftRuns: number;
  /** Elements and chains that came or went by them. */
  readonly nftElements: number;
  /** Of the heap of JavaScript. */
  readonly allocatedKb: number;
}

/** What is committed. */
export interface Committed {
  /** Major version of Node that allocated so. */
  readonly node: number;
  readonly scenarios: Readonly<Record<string, Counts>>;
}

/** Allocation differs a little from one release of a major version of Node to the next. */
const ALLOCATION_TOLERANCE = 0.25;

/**
 * `measured`, with the allocation of `committed` where it is near, or where another Node allocated it:
 * what is left differs for a reason.
 */
export function settled(
  measured: Counts,
  committed: Counts | undefined,
  isSameNode: boolean,
): Counts {
  const known = committed?.allocatedKb ?? 0;
  const isNear = Math.abs(measured.allocatedKb - known) <= known * ALLOCATION_TOLERANCE;
  const isSettled = isNear || (committed !== undefined && !isSameNode);
  return {
    ...measured,
    allocatedKb: isSettled ? known : Number(measured.allocatedKb.toPrecision(3)),
  };
}
