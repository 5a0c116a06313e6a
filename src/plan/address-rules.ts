/**
 * Addresses that no Service may have, as its own or as an endpoint (Kubernetes allows none of them):
 * bound to `kube-ipvs0` one would cut the node off from something else, and as an endpoint it means
 * another host on every node, or none.
 */
import { type Address, familyOf } from "../model/address.ts";

/** What is special about `address`, to follow "it is"; undefined for an ordinary one. */
export function whySpecial(address: Address): string | undefined {
  return familyOf(address) === "ipv4" ? whySpecialIpv4(address) : whySpecialIpv6(address);
}

function whySpecialIpv4(address: Address): string | undefined {
  const first = Number.parseInt(address, 10);
  if (first === 0) return "an address of no host (0.0.0.0/8)";
  if (first === 127) return "a loopback address";
  if (address.startsWith("169.254.")) return "a link-local address";
  if (first >= 224 && first < 240) return "a multicast address";
  if (address === "255.255.255.255") return "the broadcast address";
  return undefined;
}

function whySpecialIpv6(address: Address): string | undefined {
  if (address === "::") return "the unspecified address";
  if (address === "::1") return "a loopback address";
  // All four digits: `fe8::1` and `ff::1` begin with zeros that the text leaves out.
  if (/^fe[89ab][0-9a-f]:/.test(address)) return "a link-local address";
  if (/^ff[0-9a-f]{2}:/.test(address)) return "a multicast address";
  return undefined;
}
