/**
 * Firewall marks for virtual services that take packets by their mark: 24 bits of a hash of the name under
 * a fixed byte, so that a restart gives the same ones. Where two names meet, the later one gets the next.
 */
import { hashText } from "../model/hash.ts";

/** The byte that all our marks begin with. */
export const MARK_BASE = 0x6b00_0000;

/** The bits of a mark that say it is one of ours. */
export const MARK_MASK = 0xff00_0000;

/** Marks there are. */
const MARKS = 0x0100_0000;

/** True when a mark of the kernel is one that we give. */
export function isOurMark(mark: number): boolean {
  return (mark & MARK_MASK) === MARK_BASE;
}

/** `0x6b00a1b2`: the mark as nftables writes it. */
export function markText(mark: number): string {
  return `0x${mark.toString(16).padStart(8, "0")}`;
}

/** The marks that were given so far. */
export class FirewallMarks {
  readonly #names = new Map<number, string>();

  /** The mark of `name`: never the same for two names. */
  of(name: string): number {
    const mark = this.next(name);
    this.#names.set(mark, name);
    return mark;
  }

  /** The mark that `name` has or would get, without giving it. */
  next(name: string): number {
    let low = hashText(name, 0) % MARKS;
    while ((this.#names.get(MARK_BASE + low) ?? name) !== name) low = (low + 1) % MARKS;
    return MARK_BASE + low;
  }
}
