/** Links and addresses: the fixed headers and attributes of `<linux/rtnetlink.h>` that we use. */
import { attributes, bytes, text, u32 } from "./codec.ts";
import type { Writer } from "./writer.ts";

/** `RTM_*`. */
export const RTM = {
  newLink: 16,
  deleteLink: 17,
  getLink: 18,
  newAddress: 20,
  deleteAddress: 21,
  getAddress: 22,
} as const;

/** `RTNLGRP_*`: groups that the kernel tells of changes. */
export const RTNL_GROUP = { link: 1, inetAddress: 5, inet6Address: 9 } as const;

/** `AF_*`. */
export const AF = { unspecified: 0, inet: 2, inet6: 10 } as const;

/** Bytes of `struct ifinfomsg`. */
export const LINK_HEADER_BYTES = 16;

/** Bytes of `struct ifaddrmsg`. */
export const ADDRESS_HEADER_BYTES = 8;

/** `IFA_F_NODAD`: an IPv6 address that is usable at once. */
export const IFA_F_NODAD = 0x02;

/** `RT_SCOPE_*`. */
export const SCOPE = { universe: 0, link: 253 } as const;

/** `IFLA_INFO_*`. */
const linkInfo = attributes("IFLA_INFO", {
  kind: { type: 1, codec: text },
});

/** `IFLA_*`. */
export const linkAttributes = attributes("IFLA", {
  name: { type: 3, codec: text },
  info: { type: 18, codec: linkInfo },
});

/** `IFA_*`. */
export const addressAttributes = attributes("IFA", {
  address: { type: 1, codec: bytes },
  local: { type: 2, codec: bytes },
  flags: { type: 8, codec: u32 },
});

/** Writes `struct ifinfomsg`. Flags and change are 0: the link's state is not touched. */
export function writeLinkHeader(out: Writer, index: number): void {
  out.u8(AF.unspecified);
  out.u8(0);
  out.u16(0);
  out.u32(index);
  out.u32(0);
  out.u32(0);
}

/** The fields of `struct ifaddrmsg`. */
export interface AddressHeader {
  readonly family: number;
  readonly prefixLength: number;
  readonly flags: number;
  readonly scope: number;
  readonly index: number;
}

/** Writes `struct ifaddrmsg`. */
export function writeAddressHeader(out: Writer, header: AddressHeader): void {
  out.u8(header.family);
  out.u8(header.prefixLength);
  out.u8(header.flags);
  out.u8(header.scope);
  out.u32(header.index);
}
