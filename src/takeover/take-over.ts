/**
 * Removes what kube-proxy's IPVS mode left on this node, once our own rules are in force: its chains,
 * then its IP sets. What cannot be reached is named, with the commands that remove it.
 */
import type { Clock } from "../base/clock.ts";
import {
  type FoundChains,
  findChains,
  hasIpvsModeChains,
  removalScript,
  type XtablesTable,
  xtablesOf,
} from "./chains.ts";
import type { IpSets } from "./ip-sets.ts";
import { KUBE_PROXY_SETS } from "./kube-proxy-names.ts";
import { legacyCommands } from "./legacy-commands.ts";

/** The kernel lets go of the rules of a deleted chain, and so of their sets, some time after it. */
const SET_RELEASE_MS_MAX = 5_000;
const SET_POLL_MS = 50;

const FAMILIES: readonly XtablesTable["family"][] = ["ip", "ip6"];

/** The kernel as this needs it. */
export interface TakeOverKernel {
  /** What `nft --json list WORDS` prints, parsed; undefined when there is no such table. */
  list(words: string): Promise<unknown>;
  /** Carries an nftables script out, as one transaction. */
  runScript(script: string): Promise<void>;
  readonly ipSets: IpSets;
  /** Names of the old xtables' tables that are in use: the lines of `/proc/net/ip_tables_names`. */
  legacyTables(family: XtablesTable["family"]): Promise<readonly string[]>;
}

/** What was found and done. */
export interface TakenOver {
  /** `ip nat KUBE-SERVICES`: removed chains. */
  readonly chains: readonly string[];
  /** Chains that stay, because rules of others jump to them. */
  readonly chainsInUse: readonly string[];
  /** Removed IP sets. */
  readonly sets: readonly string[];
  /** IP sets that stay: rules of the old xtables, or of somebody else, refer to them. */
  readonly setsInUse: readonly string[];
  /** What a person has to type, where the old xtables are in use; empty otherwise. */
  readonly commands: readonly string[];
}

/**
 * Rejects as the kernel's parts do. Calling it again is harmless. `signal` ends the wait for sets that
 * removed chains still hold.
 */
export async function takeOver(
  kernel: TakeOverKernel,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<TakenOver> {
  const legacy = new Set<XtablesTable["family"]>();
  for (const family of FAMILIES) {
    if ((await kernel.legacyTables(family)).length > 0) legacy.add(family);
  }
  const found = await findAll(kernel);
  const script = removalScript(found);
  if (script !== "") await kernel.runScript(script);
  const deadlineMs = script === "" ? undefined : clock.nowMs() + SET_RELEASE_MS_MAX;
  let attempt = await destroySets(kernel.ipSets);
  const sets = [...attempt.sets];
  while (attempt.setsInUse.length > 0 && clock.nowMs() < (deadlineMs ?? 0) && !signal.aborted) {
    await clock.sleep(SET_POLL_MS, signal);
    attempt = await destroySets(kernel.ipSets);
    sets.push(...attempt.sets);
  }
  const { setsInUse } = attempt;
  return {
    chains: chainNames(found, "chains"),
    chainsInUse: chainNames(found, "chainsInUse"),
    sets,
    setsInUse,
    commands: FAMILIES.filter((family) => legacy.has(family)).flatMap((family) => {
      const own = setsInUse.filter((set) => set.startsWith("KUBE-6-") === (family === "ip6"));
      return own.length > 0 ? legacyCommands(family, own) : [];
    }),
  };
}

async function findAll(kernel: TakeOverKernel): Promise<readonly FoundChains[]> {
  const found: FoundChains[] = [];
  for (const family of FAMILIES) {
    // Asked first: others may have very many rules, which need not be read.
    if (!hasIpvsModeChains(await kernel.list(`chains ${family}`))) continue;
    for (const table of xtablesOf(family)) {
      const listing = await kernel.list(`table ${family} ${table.name}`);
      if (listing !== undefined) found.push(findChains(table, listing));
    }
  }
  return found;
}

function chainNames(
  found: readonly FoundChains[],
  which: "chains" | "chainsInUse",
): readonly string[] {
  return found.flatMap(({ table: { family, name }, [which]: chains }) =>
    chains.map((chain) => `${family} ${name} ${chain}`),
  );
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
