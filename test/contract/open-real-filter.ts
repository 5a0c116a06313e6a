/** The real nftables for the contract: this process's network namespace, which must not be in use. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { systemClock } from "../../src/base/clock.ts";
import { openPacketFilter } from "../../src/nft/nft-packet-filter.ts";
import type { OpenFilter } from "./filter-case.ts";

const execute = promisify(execFile);

/** Needs CAP_NET_ADMIN and the program `nft`. */
export async function openRealFilter(): Promise<OpenFilter> {
  const filter = openPacketFilter({ clock: systemClock });
  const nft = async (...words: readonly string[]): Promise<void> => {
    await execute("nft", words);
  };
  return {
    filter,
    flushRuleset: () => nft("flush", "ruleset"),
    takeOut: ({ family, set, key }) =>
      nft("delete", "element", family === "ipv4" ? "ip" : "ip6", "kube-ipvs", set, `{ ${key} }`),
    dispose: async () => {
      filter.close();
      await nft("flush", "ruleset");
    },
  };
}
