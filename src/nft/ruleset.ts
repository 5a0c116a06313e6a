/** The fixed part of our tables as nftables' own text, and what a listing of it must look like. Pure. */
import type { Family } from "../model/address.ts";
import { hashText } from "../model/hash.ts";
import { familyOfRange, type Range } from "../model/range.ts";
import { baseChains } from "./base-chains.ts";
import { BASE_SETS, type BaseSet } from "./base-sets.ts";
import type { FilterSettings } from "./packet-filter.ts";
import type { BaseChain } from "./rule-words.ts";

/** The name of our table in each family: `nft list table ip kube-ipvs`. */
export const TABLE = "kube-ipvs";

/** The set that holds what detectLocal says; its elements belong to the fixed part. */
export const POD_RANGES = "pod-ranges";

/** Names of chains that come and go with the source ranges of Services. */
export const SOURCE_CHAIN = /^sources-/;

/** nftables' word for a family. */
export function tableFamily(family: Family): "ip" | "ip6" {
  return family === "ipv4" ? "ip" : "ip6";
}

/** The fixed part of one family. */
export interface Base {
  readonly family: Family;
  readonly sets: readonly BaseSet[];
  readonly chains: readonly BaseChain[];
  readonly podRanges: readonly Range[];
}

/** The fixed part that `settings` ask for. */
export function baseOf(family: Family, settings: FilterSettings): Base {
  const { localClients } = settings;
  const ranges = localClients.kind === "ranges" ? localClients.ranges : [];
  const chains = baseChains(family, settings);
  // Rules are known by their comments; the hash says that what stands below them is the same, too.
  const mark = hashText(JSON.stringify([BASE_SETS, chains]), 0)
    .toString(16)
    .padStart(8, "0");
  const [first, ...others] = BASE_SETS;
  const marked = first ? [{ ...first, comment: `${first.comment} [rules ${mark}]` }] : [];
  return {
    family,
    sets: [...marked, ...others],
    chains,
    podRanges: ranges.filter((range) => familyOfRange(range) === family),
  };
}

/** Makes the table anew, empty, whatever was there: the beginning of a transaction that also fills it. */
export function baseScript(base: Base): string {
  const ip = tableFamily(base.family);
  const lines = [
    `add table ${ip} ${TABLE}`,
    `delete table ${ip} ${TABLE}`,
    `table ${ip} ${TABLE} {`,
    ...base.sets.flatMap((set) => setText(base.family, set)),
    ...base.chains.flatMap(chainText),
    "}",
    ...rangeElements(base),
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** Replaces the ranges of the pods alone; nothing else is touched. */
export function podRangesScript(base: Base): string {
  const set = `${tableFamily(base.family)} ${TABLE} ${POD_RANGES}`;
  return [`flush set ${set}`, ...rangeElements(base)].map((line) => `${line}\n`).join("");
}

function rangeElements({ family, podRanges }: Base): string[] {
  const set = `${tableFamily(family)} ${TABLE} ${POD_RANGES}`;
  return podRanges.length === 0 ? [] : [`add element ${set} { ${podRanges.join(", ")} }`];
}

function setText(family: Family, { name, key, value, isInterval, comment }: BaseSet): string[] {
  const type = keyTypes(family, key).join(" . ");
  return [
    `  ${value === undefined ? "set" : "map"} ${name} {`,
    `    type ${value === undefined ? type : `${type} : ${value}`}`,
    ...(isInterval ? ["    flags interval"] : []),
    `    comment "${comment}"`,
    "  }",
  ];
}

function keyTypes(family: Family, key: BaseSet["key"]): string[] {
  const address = family === "ipv4" ? "ipv4_addr" : "ipv6_addr";
  return key.map((part) => (part === "address" ? address : part));
}

function chainText({ name, hook, rules }: BaseChain): string[] {
  return [
    `  chain ${name} {`,
    ...(hook
      ? [`    type ${hook.type} hook ${hook.hook} priority ${hook.priority}; policy accept;`]
      : []),
    ...rules.map(({ text, comment }) => `    ${text} comment "${comment}"`),
    "  }",
  ];
}

/** A base in short, line by line, as `readListing` gives it for a table: equal ones are as wanted. */
export function outlineOf({ family, sets, chains }: Base): string[] {
  return [
    ...sets.map(
      ({ name, key, value = "", comment }) =>
        `${value === "" ? "set" : "map"} ${name} ${keyTypes(family, key).join(".")} ${value} ${comment}`,
    ),
    ...chains.map(({ name, hook }) =>
      hook ? `chain ${name} ${hook.type} ${hook.hook} ${hook.priority} accept` : `chain ${name}`,
    ),
    ...chains.flatMap(({ name, rules }) => rules.map(({ comment }) => `rule ${name} ${comment}`)),
  ].sort();
}
