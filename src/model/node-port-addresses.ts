/** On which of a node's addresses node ports are served: the choice that users make, and what it means. */
import { type Address, familyOf } from "./address.ts";
import { familyOfRange, type Range, rangeContains } from "./range.ts";

/** One address of a network interface. */
export interface InterfaceAddress {
  readonly address: Address;
  /** Name of the interface, such as `eth0`. */
  readonly link: string;
}

/** Which addresses of this node serve node ports. */
export type NodePortAddresses =
  /** All but loopback and IPv6 link-local ones. */
  | { readonly kind: "all" }
  | {
      readonly kind: "selected";
      /** The node's main address of each family. */
      readonly primary: boolean;
      /** A family without `primary` and without a range of its own is served on all of its addresses. */
      readonly ranges: readonly Range[];
    };

/**
 * The addresses that serve node ports, both families, sorted and without repeats. `present` are those of
 * all interfaces but `kube-ipvs0`, which holds the addresses of Services and never a node's;
 * `primary` the node's main address of each family.
 */
export function chooseNodePortAddresses(
  present: readonly InterfaceAddress[],
  primary: readonly Address[],
  rule: NodePortAddresses,
): readonly Address[] {
  const usable = present.map(({ address }) => address).filter((address) => !isOfHostOnly(address));
  const chosen = usable.filter((address) => isChosen(address, primary, rule));
  return [...new Set(chosen)].sort();
}

function isChosen(address: Address, primary: readonly Address[], rule: NodePortAddresses): boolean {
  if (rule.kind === "all") return true;
  const ranges = rule.ranges.filter((range) => familyOfRange(range) === familyOf(address));
  if (!rule.primary && ranges.length === 0) return true;
  return (
    (rule.primary && primary.includes(address)) ||
    ranges.some((range) => rangeContains(range, address))
  );
}

/** Loopback and IPv6 link-local addresses: no other host can send to them, or only with an interface's name. */
function isOfHostOnly(address: Address): boolean {
  return address.startsWith("127.") || address === "::1" || /^fe[89ab][0-9a-f]:/.test(address);
}
