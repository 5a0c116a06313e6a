/** What the contract of `PacketFilter` writes: an element of every set, and chains of sources. */
import type { Family } from "../../src/model/address.ts";
import {
  FILTER_SETS,
  type FilterElement,
  type FilterObject,
  type FilterOperation,
  type FilterSet,
  type SourceChain,
} from "../../src/model/packet-filter.ts";

const ADDRESS: Record<Family, string> = { ipv4: "10.96.0.10", ipv6: "fd00:96::a" };

/** A key and a value for each set, as the planner writes them. Some ports have the number of a protocol. */
function keyAndValue(set: FilterSet, address: string): readonly [key: string, value: string] {
  switch (set) {
    case "service-addresses":
    case "node-addresses":
      return [address, ""];
    case "hairpin":
      return [`${address} . ${address}`, ""];
    case "masqueraded":
    case "keep-source":
    case "closed-to-node":
      return [`${address} . tcp . 6`, ""];
    case "node-port-masqueraded":
    case "node-port-keep-source":
      return ["sctp . 132", ""];
    case "no-endpoints":
      return [`${address} . udp . 17`, "goto refuse"];
    case "node-port-no-endpoints":
      return ["tcp . 30081", "drop"];
    case "local-marks":
      return [`${address} . tcp . 443`, "0x6b00a1b2"];
    case "node-port-local-marks":
      return ["udp . 30082", "0x6bffffff"];
    case "given-marks":
      return ["0x6b00a1b2", ""];
    case "source-ranges":
      return [`${address} . tcp . 80`, `jump ${chainName(address)}`];
  }
}

function chainName(address: string): string {
  return address.includes(":") ? "sources-00000006" : "sources-00000004";
}

/** An element of the set. */
export function element(set: FilterSet, family: Family): FilterElement {
  const [key, value] = keyAndValue(set, ADDRESS[family]);
  return { kind: "element", family, set, key, value };
}

/** So many elements of one set, each with a key of its own. */
export function hairpins(count: number): FilterElement[] {
  return Array.from({ length: count }, (_, index) => {
    const address = `10.1.${index >> 8}.${index & 255}`;
    return { ...element("hairpin", "ipv4"), key: `${address} . ${address}` };
  });
}

/** The chain that the element of `source-ranges` jumps to. */
export function chain(family: Family, ranges?: readonly string[]): SourceChain {
  const some =
    family === "ipv4" ? ["10.0.0.0/8", "192.0.2.1/32"] : ["2001:db8::/32", "fd00::1/128"];
  return { kind: "source-chain", family, name: chainName(ADDRESS[family]), ranges: ranges ?? some };
}

/** Something of everything, chains before what jumps to them. */
export function everything(): FilterObject[] {
  const families: readonly Family[] = ["ipv4", "ipv6"];
  return families.flatMap((family) => [
    chain(family),
    ...FILTER_SETS.map((set) => element(set, family)),
  ]);
}

/** Operations that add them. */
export function adding(objects: readonly FilterObject[]): FilterOperation[] {
  return objects.map((object) => ({ kind: "add-filter", object }));
}

/** Operations that delete them. */
export function deleting(objects: readonly FilterObject[]): FilterOperation[] {
  return objects.map((object) => ({ kind: "delete-filter", object }));
}
