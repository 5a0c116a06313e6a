/**
 * kube-proxy's chains as iptables-nft keeps them: found in a listing of nftables, and the script that
 * takes out what kube-proxy made and what jumps there. Pure; touches no rule of anybody else.
 */
import { KUBE_PROXY_CHAINS } from "./kube-proxy-names.ts";

/** A table that iptables-nft makes. */
export interface XtablesTable {
  readonly family: "ip" | "ip6";
  readonly name: keyof typeof KUBE_PROXY_CHAINS;
}

/** All in which kube-proxy works. */
export const XTABLES: readonly XtablesTable[] = (["ip", "ip6"] as const).flatMap((family) =>
  (["nat", "filter"] as const).map((name) => ({ family, name })),
);

/** What a table holds of kube-proxy's. */
export interface FoundChains {
  readonly table: XtablesTable;
  readonly chains: readonly string[];
  /** Rules of other chains that jump to one of them. */
  readonly jumps: readonly { readonly chain: string; readonly handle: number }[];
}

/** A rule as `nft --json` writes it, as far as it is looked at. */
interface ListedRule {
  readonly chain?: unknown;
  readonly handle?: unknown;
  readonly expr?: unknown;
}

/** Looks for kube-proxy's chains in `listing`: what `nft --json list table` says of `table`. */
export function findChains(table: XtablesTable, listing: unknown): FoundChains {
  const objects = objectsOf(listing);
  const known: ReadonlySet<unknown> = new Set(KUBE_PROXY_CHAINS[table.name]);
  const chains = objects.flatMap(({ chain }) => {
    const name = isRecord(chain) ? chain["name"] : undefined;
    return typeof name === "string" && known.has(name) ? [name] : [];
  });
  const here: ReadonlySet<unknown> = new Set(chains);
  const jumps = objects.flatMap(({ rule }) => {
    const { chain, handle, expr } = (isRecord(rule) ? rule : {}) as ListedRule;
    const isOurs = here.has(chain) || typeof chain !== "string" || typeof handle !== "number";
    return !isOurs && targets(expr).some((target) => here.has(target)) ? [{ chain, handle }] : [];
  });
  return { table, chains, jumps };
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

function objectsOf(listing: unknown): Record<string, unknown>[] {
  const objects = isRecord(listing) ? listing["nftables"] : undefined;
  return Array.isArray(objects) ? objects.filter(isRecord) : [];
}

/** Where a rule goes on, by `jump` or `goto`. */
function targets(expressions: unknown): unknown[] {
  if (!Array.isArray(expressions)) return [];
  return expressions
    .filter(isRecord)
    .flatMap(({ jump, goto }) => [jump, goto].filter(isRecord).map(({ target }) => target));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
