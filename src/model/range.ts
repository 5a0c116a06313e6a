/** IP ranges in CIDR form, as canonical text: two ranges are equal exactly when their texts are `===`. */
import ipaddr from "ipaddr.js";
import { ADDRESS_BYTES, type Address, type Family, familyOf, parseAddress } from "./address.ts";

/** A range with the bits behind its prefix cleared: `10.244.0.0/16`, `fd00:10:244::/56`. */
export type Range = string;

/**
 * The range that `text` means (`10.1.2.3/8` is `10.0.0.0/8`, as for kube-proxy), or undefined when it is
 * none. An IPv4-mapped IPv6 range is none.
 */
export function parseRange(text: string): Range | undefined {
  const [, base = "", bits = ""] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = parseAddress(base);
  if (address === undefined || base.includes(":") !== address.includes(":")) return undefined;
  const bitsMax = ADDRESS_BYTES[familyOf(address)] * 8;
  const prefixLength = Number(bits);
  if (prefixLength > bitsMax) return undefined;
  const bytes = ipaddr.parse(address).toByteArray();
  for (let bit = prefixLength; bit < bitsMax; bit++) {
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) & ~(0x80 >> (bit & 7));
  }
  const network = parseAddress(ipaddr.fromByteArray(bytes).toString());
  return network === undefined ? undefined : `${network}/${prefixLength}`;
}

/** The family of a range. */
export function familyOfRange(range: Range): Family {
  return familyOf(range);
}

/** True when the range has every address of its family. */
export function isWhole(range: Range): boolean {
  return range.endsWith("/0");
}

/** True when `address` lies in `range`; false for different families. */
export function rangeContains(range: Range, address: Address): boolean {
  const [network = "", prefixLength = ""] = range.split("/");
  if (familyOf(network) !== familyOf(address)) return false;
  return ipaddr.parse(address).match(ipaddr.parse(network), Number(prefixLength));
}

/**
 * The ranges by address, without repeats and without those inside another one: equal when they mean the
 * same. Ten thousand take as long as their sorting.
 */
export function simplestRanges(ranges: readonly Range[]): readonly Range[] {
  const sorted = ranges.map(spanOf).sort(bySpan);
  const kept: Span[] = [];
  for (const span of sorted) {
    // Ranges never overlap in part, so only the last one kept can hold this one.
    const last = kept.at(-1);
    if (!last || last.family !== span.family || !span.bits.startsWith(last.prefix)) kept.push(span);
  }
  return kept.map(({ range }) => range);
}

interface Span {
  readonly range: Range;
  readonly family: Family;
  /** The network address as binary digits, so that a comparison of texts says all. */
  readonly bits: string;
  /** The digits of the prefix alone. */
  readonly prefix: string;
}

function spanOf(range: Range): Span {
  const [network = "", prefixLength = ""] = range.split("/");
  const bytes = ipaddr.parse(network).toByteArray();
  const bits = bytes.map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return { range, family: familyOf(network), bits, prefix: bits.slice(0, Number(prefixLength)) };
}

/** IPv4 first; the wider of two that begin together first. */
function bySpan(a: Span, b: Span): number {
  if (a.family !== b.family) return a.family < b.family ? -1 : 1;
  if (a.bits !== b.bits) return a.bits < b.bits ? -1 : 1;
  return a.prefix.length - b.prefix.length;
}
