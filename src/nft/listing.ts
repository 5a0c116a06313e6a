/**
 * What `nft --json list table` says of one of our tables, in our words (libnftables-json(5)). Liberal with
 * what it does not know, so that an object of somebody else in our table shows as a difference. Pure.
 */
import type { Family } from "../model/address.ts";
import { FILTER_SETS, type FilterObject, type FilterSet } from "../model/packet-filter.ts";
import { NftError } from "./nft-error.ts";
import { POD_RANGES, SOURCE_CHAIN } from "./ruleset.ts";

/** One table as the kernel has it. */
export interface Listing {
  /** The fixed part in short, to be compared with that of a `Base`. */
  readonly outline: readonly string[];
  /** Numbers of the fixed rules: another one means that a rule was replaced. */
  readonly handles: string;
  /** Sorted. */
  readonly podRanges: readonly string[];
  readonly objects: readonly FilterObject[];
}

type Json = Readonly<Record<string, unknown>>;

/** Reads a listing; undefined when `text` lists no table. Throws an {@link NftError} `UNREADABLE`. */
export function readListing(family: Family, text: string): Listing | undefined {
  const all = objectsIn(text);
  if (!all.some(({ table }) => isJson(table))) return undefined;
  const sets = all.flatMap(({ set, map }) => [set, map].filter(isJson));
  const chains = all.flatMap(({ chain }) => (isJson(chain) ? [chain] : []));
  const rules = all.flatMap(({ rule }) => (isJson(rule) ? [rule] : []));
  const fixed = rules.filter(({ chain }) => !SOURCE_CHAIN.test(String(chain)));
  return {
    outline: [
      ...sets.map(setOutline),
      ...chains.filter(({ name }) => !SOURCE_CHAIN.test(String(name))).map(chainOutline),
      ...fixed.map(({ chain, comment }) => `rule ${chain} ${comment}`),
    ].sort(),
    handles: fixed.map(({ chain, handle }) => `${chain} ${handle}`).join(),
    podRanges: sets
      .filter(({ name }) => name === POD_RANGES)
      .flatMap(({ elem }) => listOf(elem).map(rangeText))
      .sort(),
    objects: [
      ...sets.flatMap((set) => elementsOf(family, set)),
      ...sourceChains(family, chains, rules),
    ],
  };
}

function objectsIn(text: string): readonly Json[] {
  try {
    const parsed: unknown = text.trim() === "" ? {} : JSON.parse(text);
    return listOf(isJson(parsed) ? parsed["nftables"] : undefined).filter(isJson);
  } catch (cause) {
    throw new NftError("UNREADABLE", "nftables: a listing that is no JSON", { cause });
  }
}

function setOutline({ name, type, map = "", comment }: Json): string {
  const key = listOf(type).length > 0 ? listOf(type).join(".") : String(type);
  return `${map === "" ? "set" : "map"} ${name} ${key} ${map} ${comment}`;
}

function chainOutline({ name, type, hook, prio, policy }: Json): string {
  return hook === undefined ? `chain ${name}` : `chain ${name} ${type} ${hook} ${prio} ${policy}`;
}

function elementsOf(family: Family, { name, elem }: Json): FilterObject[] {
  const set = FILTER_SETS.find((known) => known === name);
  return set === undefined ? [] : listOf(elem).map((one) => elementOf(family, set, one));
}

/** In a map an element is a list of key and value. An element with a comment or the like is an object. */
function elementOf(family: Family, set: FilterSet, element: unknown): FilterObject {
  const [key, value] = Array.isArray(element) ? element : [element, undefined];
  return {
    kind: "element",
    family,
    set,
    key: set === "given-marks" ? valueText(key) : keyText(key),
    value: value === undefined ? "" : valueText(value),
  };
}

function keyText(key: unknown): string {
  const plain = isJson(key) && isJson(key["elem"]) ? key["elem"]["val"] : key;
  const parts = isJson(plain) ? listOf(plain["concat"]) : [plain];
  return parts.map((part, at) => keyPartText(part, parts.length - at)).join(" . ");
}

/** A port, which comes last, may have the number of a protocol, which comes before it. */
function keyPartText(part: unknown, fromEnd: number): string {
  return (fromEnd === 2 ? PROTOCOL_NAMES.get(part) : undefined) ?? String(part);
}

/** Where the system has no list of protocols, their numbers are told. */
const PROTOCOL_NAMES: ReadonlyMap<unknown, string> = new Map([
  [6, "tcp"],
  [17, "udp"],
  [132, "sctp"],
]);

function valueText(value: unknown): string {
  if (typeof value === "number") return `0x${value.toString(16).padStart(8, "0")}`;
  if (!isJson(value)) return String(value);
  const [verdict = "", target] = Object.entries(value)[0] ?? [];
  return isJson(target) ? `${verdict} ${target["target"]}` : verdict;
}

function sourceChains(
  family: Family,
  chains: readonly Json[],
  rules: readonly Json[],
): FilterObject[] {
  return chains
    .map(({ name }) => String(name))
    .filter((name) => SOURCE_CHAIN.test(name))
    .map((name) => ({
      kind: "source-chain",
      family,
      name,
      ranges: rules.filter(({ chain }) => chain === name).flatMap(({ expr }) => rangesOf(expr)),
    }));
}

/** The ranges that a rule lets through; a rule that is not of our form is told, so that it differs. */
function rangesOf(expressions: unknown): string[] {
  const [match, verdict] = listOf(expressions);
  if (verdict === undefined && isJson(match) && "drop" in match) return [];
  const right = isJson(match) && isJson(match["match"]) ? match["match"]["right"] : undefined;
  const isReturn = isJson(verdict) && "return" in verdict;
  return [isReturn && right !== undefined ? rangeText(right) : JSON.stringify(expressions)];
}

/** `10.1.0.0/16`; a range of one address has its full length, as in our words. */
function rangeText(range: unknown): string {
  if (typeof range === "string") return `${range}/${range.includes(":") ? 128 : 32}`;
  const prefix = isJson(range) ? range["prefix"] : undefined;
  return isJson(prefix) ? `${prefix["addr"]}/${prefix["len"]}` : JSON.stringify(range);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
