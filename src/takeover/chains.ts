/**
 * kube-proxy's chains as iptables-nft keeps them: found in listings of nftables, and the script that
 * takes out what kube-proxy made and its own jumps there. Pure; touches no rule of anybody else.
 */
import { IPVS_MODE_CHAINS, KUBE_PROXY_CHAINS, KUBE_PROXY_JUMPS } from "./kube-proxy-names.ts";

/** A table that iptables-nft makes. */
export interface XtablesTable {
  readonly family: "ip" | "ip6";
  readonly name: keyof typeof KUBE_PROXY_CHAINS;
}

/** The tables of one family in which kube-proxy works. */
export function xtablesOf(family: XtablesTable["family"]): readonly XtablesTable[] {
  return (["nat", "filter"] as const).map((name) => ({ family, name }));
}

/** What a table holds of kube-proxy's. */
export interface FoundChains {
  readonly table: XtablesTable;
  /** Those that nobody else needs. */
  readonly chains: readonly string[];
  /** Those that rules of others jump to, and what those need in turn. */
  readonly chainsInUse: readonly string[];
  /** kube-proxy's rules in the kernel's own chains that jump to one of `chains`. */
  readonly jumps: readonly { readonly chain: string; readonly handle: number }[];
}

/** A rule as far as it is looked at. */
interface Rule {
  readonly chain: string;
  readonly handle: number;
  readonly targets: readonly string[];
}

/** True when kube-proxy's IPVS mode was here, as `nft --json list chains FAMILY` tells. */
export function hasIpvsModeChains(listing: unknown): boolean {
  const tables: ReadonlySet<unknown> = new Set(Object.keys(KUBE_PROXY_CHAINS));
  return objectsOf(listing).some(
    ({ chain }) =>
      isRecord(chain) && tables.has(chain["table"]) && IPVS_MODE_CHAINS.has(chain["name"]),
  );
}

/** Looks for kube-proxy's chains in `listing`: what `nft --json list table` says of `table`. */
export function findChains(table: XtablesTable, listing: unknown): FoundChains {
  const objects = objectsOf(listing);
  const known: ReadonlySet<unknown> = new Set(KUBE_PROXY_CHAINS[table.name]);
  const chains = objects.flatMap(({ chain }) => {
    const name = isRecord(chain) ? chain["name"] : undefined;
    return typeof name === "string" && known.has(name) ? [name] : [];
  });
  const rules = objects.flatMap(({ rule }) => ruleOf(rule));
  const inUse = chainsInUse(table, new Set(chains), rules);
  const isGoing = (name: string): boolean => chains.includes(name) && !inUse.has(name);
  return {
    table,
    chains: chains.filter(isGoing),
    chainsInUse: chains.filter((name) => inUse.has(name)),
    jumps: rules
      .filter((rule) => rule.targets.some((to) => isGoing(to) && isJump(table, rule.chain, to)))
      .map(({ chain, handle }) => ({ chain, handle })),
  };
}

/** One transaction that takes them out, or "" when there are none. */
export function removalScript(found: readonly FoundChains[]): string {
  const lines = found.flatMap(({ table: { family, name }, chains, jumps }) => [
    ...jumps.map(({ chain, handle }) => `delete rule ${family} ${name} ${chain} handle ${handle}`),
    // Emptied first: they jump to each other.
    ...chains.map((chain) => `flush chain ${family} ${name} ${chain}`),
    ...chains.map((chain) => `delete chain ${family} ${name} ${chain}`),
  ]);
  return lines.map((line) => `${line}\n`).join("");
}

/** Network plugins have their packets masqueraded by a jump to KUBE-MARK-MASQ, for example. */
function chainsInUse(
  table: XtablesTable,
  chains: ReadonlySet<string>,
  rules: readonly Rule[],
): ReadonlySet<string> {
  const pending = rules.flatMap(({ chain, targets }) =>
    chains.has(chain) ? [] : targets.filter((to) => !isJump(table, chain, to)),
  );
  const inUse = new Set<string>();
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (!chains.has(name) || inUse.has(name)) continue;
    inUse.add(name);
    pending.push(...rules.filter(({ chain }) => chain === name).flatMap(({ targets }) => targets));
    // The mark that the one sets is what the other masquerades by.
    if (name === "KUBE-MARK-MASQ") pending.push("KUBE-POSTROUTING");
  }
  return inUse;
}

/** True for a jump that kube-proxy makes from a chain that the kernel enters. */
function isJump({ name }: XtablesTable, from: string, to: string): boolean {
  return KUBE_PROXY_JUMPS.some(
    ([table, chain, target]) => table === name && chain === from && target === to,
  );
}

function objectsOf(listing: unknown): Record<string, unknown>[] {
  const objects = isRecord(listing) ? listing["nftables"] : undefined;
  return Array.isArray(objects) ? objects.filter(isRecord) : [];
}

function ruleOf(value: unknown): Rule[] {
  const { chain, handle, expr } = isRecord(value) ? value : {};
  if (typeof chain !== "string" || typeof handle !== "number") return [];
  return [{ chain, handle, targets: targetsOf(expr) }];
}

/** Where a rule goes on, by `jump` or `goto`. */
function targetsOf(expressions: unknown): string[] {
  if (!Array.isArray(expressions)) return [];
  return expressions
    .filter(isRecord)
    .flatMap(({ jump, goto }) => [jump, goto].filter(isRecord).map(({ target }) => target))
    .filter((target) => typeof target === "string");
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
