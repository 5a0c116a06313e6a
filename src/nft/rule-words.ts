/** What the rules of our chains are made of: words that depend on the family and on the settings. */
import type { Family } from "../model/address.ts";
import type { FilterSettings } from "./packet-filter.ts";

/** One rule. */
export interface BaseRule {
  readonly text: string;
  readonly comment: string;
}

/** A chain; without a hook other chains jump to it. */
export interface BaseChain {
  readonly name: string;
  readonly hook?: {
    readonly type: "filter" | "nat";
    readonly hook: "input" | "output" | "prerouting" | "postrouting";
    readonly priority: number;
  };
  readonly rules: readonly BaseRule[];
}

/** How the rules of one family tell clients of this side. */
export interface LocalMatch {
  /** Matches packets from outside the node that are of this side; undefined when there is no way to tell. */
  readonly local: string | undefined;
  readonly notLocal: string | undefined;
  /** The same for packets of the node itself; "" matches all of them. */
  readonly notLocalOutput: string | undefined;
}

/** What the rules of one family are written with. */
export interface Words {
  readonly ip: "ip" | "ip6";
  readonly icmp: "icmp" | "icmpv6";
  /** What the maps and sets of frontends are asked with. */
  readonly frontend: string;
  /** The same for node ports. */
  readonly nodePort: string;
  /** The bit that asks for masquerade, as nftables writes it. */
  readonly bit: string;
  /** Asks for it. */
  readonly masquerade: string;
  readonly match: LocalMatch;
}

/** The words of one family. */
export function wordsOf(family: Family, settings: FilterSettings): Words {
  const ip = family === "ipv4" ? "ip" : "ip6";
  const bit = `0x${(2 ** settings.masqueradeBit).toString(16).padStart(8, "0")}`;
  return {
    ip,
    icmp: family === "ipv4" ? "icmp" : "icmpv6",
    frontend: `${ip} daddr . meta l4proto . th dport`,
    nodePort: `${ip} daddr @node-addresses`,
    bit,
    masquerade: `ct mark set ct mark | ${bit}`,
    match: localMatch(ip, family, settings),
  };
}

function localMatch(
  ip: "ip" | "ip6",
  family: Family,
  { localClients }: FilterSettings,
): LocalMatch {
  switch (localClients.kind) {
    case "ranges": {
      const isOfFamily = (range: string): boolean => range.includes(":") === (family === "ipv6");
      if (!localClients.ranges.some(isOfFamily)) return NO_MATCH;
      const notLocal = `${ip} saddr != @pod-ranges`;
      return { local: `${ip} saddr @pod-ranges`, notLocal, notLocalOutput: notLocal };
    }
    case "interface":
      return byInterface(localClients.name);
    case "interface-prefix":
      return byInterface(`${localClients.prefix}*`);
    default:
      return NO_MATCH;
  }
}

const NO_MATCH: LocalMatch = { local: undefined, notLocal: undefined, notLocalOutput: undefined };

function byInterface(name: string): LocalMatch {
  // What the node itself sends came in by no interface.
  return { local: `iifname "${name}"`, notLocal: `iifname != "${name}"`, notLocalOutput: "" };
}

/** A rule of some words, of which empty ones are left out. */
export function rule(comment: string, ...words: readonly string[]): BaseRule {
  return { text: words.filter((word) => word !== "").join(" "), comment };
}

/** The mark that IPVS was told by is not for anybody after it; marks of others are not ours to touch. */
export const clearMark = rule(
  "a mark of ours has done its work",
  "meta mark @given-marks meta mark set 0x00000000",
);
