/** Spreads what many nodes would do at one moment, the same way each time for equal input. Pure. */
import { createHash } from "node:crypto";

/** A whole number of milliseconds from 0 to below `belowMs`, by a hash of `text`. */
export function spreadMs(text: string, belowMs: number): number {
  const word = createHash("sha256").update(text).digest().readUInt32BE(0);
  return Math.floor((word / 2 ** 32) * belowMs);
}
