/** Opens the sides of the kernel in which kube-proxy's chains and IP sets are. Spawns nothing. */
import { readFile } from "node:fs/promises";
import { openNftLibrary } from "../nft/library.ts";
import { nftErrorOf } from "../nft/nft-error.ts";
import { type IpSets, openIpSets } from "../takeover/ip-sets.ts";
import type { OpenTakeOver } from "./context.ts";

/** Where the kernel names the tables of the old xtables that are in use. */
const LEGACY_TABLES = {
  ip: "/proc/net/ip_tables_names",
  ip6: "/proc/net/ip6_tables_names",
} as const;

/** What nftables says of a table that is not there. */
const ABSENT = /no such file or directory/i;

/** Opens them. Throws the typed errors of the parts. */
export function openTakeOver(): OpenTakeOver {
  // A context of its own: the packet filter's sees the removal as somebody else's, and looks at its rules.
  const library = openNftLibrary();
  let ipSets: IpSets;
  try {
    ipSets = openIpSets();
  } catch (error) {
    library.close();
    throw error;
  }
  return {
    ipSets,
    list: async (words) => {
      const { succeeded, output, errors } = await library.run(`list ${words}`);
      if (succeeded) return JSON.parse(output) as unknown;
      if (ABSENT.test(errors)) return undefined;
      throw nftErrorOf(errors);
    },
    runScript: async (script) => {
      const { succeeded, errors } = await library.run(script);
      if (!succeeded) throw nftErrorOf(errors);
    },
    legacyTables: async (family) => {
      const text = await readFile(LEGACY_TABLES[family], "utf8").catch((error: unknown) => {
        // A kernel without the old xtables has no such file.
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
        throw error;
      });
      return text.split("\n").filter((line) => line !== "");
    },
    close: () => {
      ipSets.close();
      library.close();
    },
  };
}
