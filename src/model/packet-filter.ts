/** What our nftables tables hold besides their fixed rules, in our words: elements of sets and maps. */
import { joined } from "../base/joined.ts";
import type { Family } from "./address.ts";

/** The sets and maps of `ip kube-ipvs` and `ip6 kube-ipvs`; `src/nft` says what each is for. */
export const FILTER_SETS = [
  "service-addresses",
  "node-addresses",
  "masqueraded",
  "keep-source",
  "node-port-masqueraded",
  "node-port-keep-source",
  "no-endpoints",
  "node-port-no-endpoints",
  "local-marks",
  "node-port-local-marks",
  "given-marks",
  "source-ranges",
  "closed-to-node",
  "hairpin",
] as const;

/** The name of a set or map. */
export type FilterSet = (typeof FILTER_SETS)[number];

/** One element of a set or map. */
export interface FilterElement {
  readonly kind: "element";
  readonly family: Family;
  readonly set: FilterSet;
  /** As nftables writes it: `10.96.0.1 . tcp . 80`, `tcp . 30080`, `10.0.0.1`, `0x6b00a1b2`. */
  readonly key: string;
  /** "" in a set; in a map `drop`, `goto refuse`, `jump sources-1a2b3c4d`, or a mark such as `0x6b00a1b2`. */
  readonly value: string;
}

/** A chain that lets the sources of its ranges through and drops all others. Named by its content, so never edited. */
export interface SourceChain {
  readonly kind: "source-chain";
  readonly family: Family;
  /** `sources-` and a hash of the ranges. */
  readonly name: string;
  /** CIDRs of the family, sorted, none inside another; at least one. */
  readonly ranges: readonly string[];
}

/** Anything that comes and goes in our tables. */
export type FilterObject = FilterElement | SourceChain;

/** What names an object: two with one id cannot be in the kernel together. */
export type FilterObjectId = string;

/** The id of an object, for maps and logs: `ip no-endpoints { 10.96.0.1 . tcp . 80 }`. */
export function filterObjectId(object: FilterObject): FilterObjectId {
  const table = object.family === "ipv4" ? "ip" : "ip6";
  return object.kind === "element"
    ? joined(table, " ", object.set, " { ", object.key, " }")
    : joined(table, " chain ", object.name);
}

/** The object as one line: its id with its value or its ranges. */
export function filterObjectText(object: FilterObject): string {
  const id = filterObjectId(object);
  if (object.kind === "source-chain") return `${id} { ${object.ranges.join(", ")} }`;
  return object.value === "" ? id : `${id.slice(0, -2)} : ${object.value} }`;
}

/** True when both would make the same kernel object. */
export function sameFilterObject(a: FilterObject, b: FilterObject): boolean {
  if (a === b) return true;
  if (filterObjectId(a) !== filterObjectId(b)) return false;
  if (a.kind === "element") return b.kind === "element" && a.value === b.value;
  return b.kind === "source-chain" && a.ranges.join() === b.ranges.join();
}

/** The sets that name the frontends which no address on `kube-ipvs0` names. */
const OWNERSHIP_SETS: readonly string[] = [
  "masqueraded",
  "keep-source",
  "node-port-masqueraded",
  "node-port-keep-source",
] satisfies readonly FilterSet[];

/** True for an element by which a virtual service is known to be ours after a restart. */
export function isOwnershipMark(object: FilterObject): boolean {
  return object.kind === "element" && OWNERSHIP_SETS.includes(object.set);
}

/** A change of our tables. All of one stage of a pass go out as one transaction. */
export interface FilterOperation {
  readonly kind: "add-filter" | "delete-filter";
  readonly object: FilterObject;
}
