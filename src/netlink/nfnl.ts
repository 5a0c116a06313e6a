/** Messages of netfilter's subsystems: what `<linux/netfilter/nfnetlink.h>` puts before the attributes. */
import type { Writer } from "./writer.ts";

/** `NFNL_SUBSYS_*`. */
export const NFNL_SUBSYSTEM = { conntrack: 1, ipset: 6, nftables: 10 } as const;

/** Bytes of `struct nfgenmsg`. */
export const NETFILTER_HEADER_BYTES = 4;

/** The type of a message: subsystem and command. */
export function netfilterType(subsystem: number, command: number): number {
  return (subsystem << 8) | command;
}

/** Writes `struct nfgenmsg`: an address family (`AF_*`), version 0, no resource. */
export function writeNetfilterHeader(out: Writer, family: number): void {
  out.u8(family);
  out.u8(0);
  out.be16(0);
}
