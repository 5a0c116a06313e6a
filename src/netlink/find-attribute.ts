/** A look at one attribute of a message that is not decoded. */
import { align, type Source, TYPE_MASK } from "./codec.ts";
import { ATTRIBUTE_HEADER_BYTES, HOST_IS_LITTLE_ENDIAN } from "./writer.ts";

/**
 * Where the attribute `type` begins among those in `[start, end)`, header included; -1 without one. For
 * a look at one field of very many messages, of which few are then read whole.
 */
export function findAttribute(
  { view }: Source,
  type: number,
  { start, end }: { readonly start: number; readonly end: number },
): number {
  for (let at = start; at + ATTRIBUTE_HEADER_BYTES <= end; ) {
    if ((view.getUint16(at + 2, HOST_IS_LITTLE_ENDIAN) & TYPE_MASK) === type) return at;
    at = align(at + Math.max(ATTRIBUTE_HEADER_BYTES, view.getUint16(at, HOST_IS_LITTLE_ENDIAN)));
  }
  return -1;
}
