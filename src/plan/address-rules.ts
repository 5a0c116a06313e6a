/** Addresses that must never sit on `kube-ipvs0`: binding one would cut the node off from something else. */
import { type Address, familyOf } from "../model/address.ts";

/** Why `address` is not to be bound, to follow "it is"; undefined for an ordinary one. */
export function whyNotBound(address: Address): string | undefined {
  return familyOf(address) === "ipv4" ? whyNotIpv4(address) : whyNotIpv6(address);
}

function whyNotIpv4(address: Address): string | undefined {
  const first = Number.parseInt(address, 10);
  if (first === 0) return "an address of no host (0.0.0.0/8)";
  if (first === 127) return "a loopback address";
  if (address.startsWith("169.254.")) return "a link-local address";
  if (first >= 224 && first < 240) return "a multicast address";
  if (address === "255.255.255.255") return "the broadcast address";
  return undefined;
}

function whyNotIpv6(address: Address): string | undefined {
  if (address === "::") return "the unspecified address";
  if (address === "::1") return "a loopback address";
  if (/^fe[89ab]/.test(address)) return "a link-local address";
  if (address.startsWith("ff")) return "a multicast address";
  return undefined;
}
