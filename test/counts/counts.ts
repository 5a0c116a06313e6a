/** What one scenario costs, and how near two such costs are. Pure. */

/** Each time it is done. */
export interface Counts {
  /** Netlink messages. */
  readonly messages: number;
  /** Calls of the native library: each is a system call to send, and those that receive. */
  readonly calls: number;
  /** Bytes of all messages. */
  readonly messageBytes: number;
  /** Of the heap of JavaScript. */
  readonly allocatedKb: number;
}

/** Allocation differs a little from one release of Node to the next. */
const ALLOCATION_TOLERANCE = 0.25;

/** `measured`, with the allocation of `committed` where it is near: what is left differs for a reason. */
export function settled(measured: Counts, committed: Counts | undefined): Counts {
  const known = committed?.allocatedKb ?? 0;
  const isNear = Math.abs(measured.allocatedKb - known) <= known * ALLOCATION_TOLERANCE;
  return {
    ...measured,
    allocatedKb: isNear ? known : Number(measured.allocatedKb.toPrecision(3)),
  };
}
