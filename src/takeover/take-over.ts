/**
 * Removes what kube-proxy's IPVS mode left on this node, once our own rules are in force: its chains,
 * then its IP sets. What cannot be reached is named, with the commands that remove it.
 */

import { type FoundChains, findChains, removalScript, XTABLES } from "./chains.ts";
import type { IpSets } from "./ip-sets.ts";
import { KUBE_PROXY_SETS } from "./kube-proxy-names.ts";
import { legacyCommands } from "./legacy-commands.ts";

/** The kernel as this needs it. */
export interface TakeOverKernel {
  /** What `nft --json list table FAMILY NAME` prints, parsed; undefined when there is no such table. */
  listTable(family: "ip" | "ip6", name: string): Promise<unknown>;
  /** Carries an nftables script out, as one transaction. */
  runScript(script: string): Promise<void>;
  readonly ipSets: IpSets;
  /** Names of the old xtables' tables that are in use: the lines of `/proc/net/ip_tables_names`. */
  legacyTables(family: "ip" | "ip6"): Promise<readonly string[]>;
}

/** What was found and done. */
export interface TakenOver {
  /** `ip nat KUBE-SERVICES`: removed chains. */
  readonly chains: readonly string[];
  /** Removed IP sets. */
  readonly sets: readonly string[];
  /** IP sets that stay: rules of the old xtables, or of somebody else, refer to them. */
  readonly setsInUse: readonly string[];
  /** What a person has to type, where the old xtables are in use; empty otherwise. */
  readonly commands: readonly string[];
}

/** Rejects as the kernel's parts do. Calling it again is harmless. */
export async function takeOver(kernel: TakeOverKernel): Promise<TakenOver> {
  const found: FoundChains[] = [];
  for (const table of XTABLES) {
    const listing = await kernel.listTable(table.family, table.name);
    if (listing !== undefined) found.push(findChains(table, listing));
  }
  const script = removalScript(found);
  if (script !== "") await kernel.runScript(script);
  const { sets, setsInUse } = await destroySets(kernel.ipSets);
  return {
    chains: found.flatMap(({ table: { family, name }, chains }) =>
      chains.map((chain) => `${family} ${name} ${chain}`),
    ),
    sets,
    setsInUse,
    commands: await commandsFor(kernel, setsInUse),
  };
}

async function destroySets(
  ipSets: IpSets,
): Promise<{ readonly sets: readonly string[]; readonly setsInUse: readonly string[] }> {
  const sets: string[] = [];
  const setsInUse: string[] = [];
  for (const name of await ipSets.names()) {
    if (!KUBE_PROXY_SETS.has(name)) continue;
    const outcome = await ipSets.destroy(name);
    (outcome === "destroyed" ? sets : setsInUse).push(name);
  }
  return { sets, setsInUse };
}

async function commandsFor(
  kernel: TakeOverKernel,
  setsInUse: readonly string[],
): Promise<readonly string[]> {
  const commands: string[] = [];
  for (const family of ["ip", "ip6"] as const) {
    const own = setsInUse.filter((set) => set.startsWith("KUBE-6-") === (family === "ip6"));
    if (own.length === 0) continue;
    if ((await kernel.legacyTables(family)).length > 0)
      commands.push(...legacyCommands(family, own));
  }
  return commands;
}
