/** Address ranges as people write them (`10.0.0.0/8`), in one form. */
import ipaddr from "ipaddr.js";
import { familyOf, parseAddress } from "../model/address.ts";
import type { Range } from "./config.ts";

/** Bits of an address, by family. */
const BITS = { ipv4: 32, ipv6: 128 } as const;

/**
 * The range that `text` means, with the bits behind the prefix cleared (`10.1.2.3/8` is `10.0.0.0/8`, as for
 * kube-proxy), or undefined when it is none. An IPv4-mapped IPv6 range is none.
 */
export function parseRange(text: string): Range | undefined {
  const [, base = "", bits = ""] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const address = parseAddress(base);
  if (address === undefined || base.includes(":") !== address.includes(":")) return undefined;
  const family = familyOf(address);
  const prefix = Number(bits);
  if (prefix > BITS[family]) return undefined;
  const bytes = ipaddr.parse(address).toByteArray();
  for (let bit = prefix; bit < BITS[family]; bit++) {
    bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) & ~(0x80 >> (bit & 7));
  }
  const network = parseAddress(ipaddr.fromByteArray(bytes).toString());
  return network === undefined ? undefined : `${network}/${prefix}`;
}

/** True when the range has every address of its family. */
export function isWhole(range: Range): boolean {
  return range.endsWith("/0");
}
