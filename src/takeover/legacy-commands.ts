/** What a person types to remove kube-proxy's chains from the old xtables, which have no netlink. Pure. */
import { KUBE_PROXY_CHAINS, KUBE_PROXY_JUMPS } from "./kube-proxy-names.ts";

/** The commands for one family and the sets that its rules keep in use. */
export function legacyCommands(family: "ip" | "ip6", sets: readonly string[]): string[] {
  const program = family === "ip" ? "iptables-legacy" : "ip6tables-legacy";
  const tables = ["nat", "filter"] as const;
  return [
    ...KUBE_PROXY_JUMPS.map(
      ([table, from, to, comment]) =>
        `${program} -t ${table} -D ${from} -m comment --comment "${comment}" -j ${to}`,
    ),
    ...tables.flatMap((table) =>
      ["-F", "-X"].flatMap((verb) =>
        KUBE_PROXY_CHAINS[table].map((chain) => `${program} -t ${table} ${verb} ${chain}`),
      ),
    ),
    ...sets.map((set) => `ipset destroy ${set}`),
  ];
}
