/** Taking kube-proxy's leftovers away: its chains and sets go, everybody else's stay. */
import { expect, test } from "vitest";
import { findChains, removalScript } from "../../../src/takeover/chains.ts";
import type { IpSets } from "../../../src/takeover/ip-sets.ts";
import { type TakeOverKernel, takeOver } from "../../../src/takeover/take-over.ts";

/** As nft lists what iptables-nft made: a match that nft has no word for, then the verdict. */
function rule(chain: string, handle: number, ...expr: readonly unknown[]) {
  return { rule: { family: "ip", table: "nat", chain, handle, expr } };
}

const chain = (name: string) => ({ chain: { family: "ip", table: "nat", name, handle: 1 } });
const jump = (target: string) => ({ jump: { target } });
const XT = { xt: null };

const NAT = {
  nftables: [
    { metainfo: { version: "1.0.6" } },
    { table: { family: "ip", name: "nat", handle: 1 } },
    chain("PREROUTING"),
    chain("KUBE-SERVICES"),
    chain("KUBE-MARK-MASQ"),
    chain("KUBE-KUBELET-CANARY"),
    chain("CNI-HOSTPORT-DNAT"),
    rule("PREROUTING", 4, XT, { counter: { packets: 1, bytes: 60 } }, jump("KUBE-SERVICES")),
    rule("PREROUTING", 5, XT, jump("CNI-HOSTPORT-DNAT")),
    rule("KUBE-SERVICES", 6, XT, jump("KUBE-MARK-MASQ")),
    rule("CNI-HOSTPORT-DNAT", 7, { goto: { target: "KUBE-MARK-MASQ" } }),
    rule("CNI-HOSTPORT-DNAT", 8, { accept: null }),
  ],
};

/** A node with these sets, of which some are in use. */
function node(options: {
  readonly sets?: readonly string[];
  readonly inUse?: readonly string[];
  readonly legacy?: readonly string[];
}) {
  const { sets = [], inUse = [], legacy = [] } = options;
  const did: string[] = [];
  const ipSets: IpSets = {
    names: async () => sets,
    destroy: async (name) => {
      if (inUse.includes(name)) return "in-use";
      did.push(`destroy ${name}`);
      return "destroyed";
    },
    close: () => {},
  };
  const kernel: TakeOverKernel = {
    listTable: async (family, name) => (family === "ip" && name === "nat" ? NAT : undefined),
    runScript: async (script) => {
      did.push(...script.trimEnd().split("\n"));
    },
    ipSets,
    legacyTables: async (family) => (family === "ip" ? legacy : []),
  };
  return { kernel, did };
}

test("its chains are found by name, and the rules that jump to them from elsewhere", () => {
  const found = findChains({ family: "ip", name: "nat" }, NAT);
  expect(found.chains).toEqual(["KUBE-SERVICES", "KUBE-MARK-MASQ"]);
  expect(found.jumps).toEqual([
    { chain: "PREROUTING", handle: 4 },
    { chain: "CNI-HOSTPORT-DNAT", handle: 7 },
  ]);
});

test.each([undefined, null, [], {}, { nftables: "no" }, { nftables: [null, 1, { rule: null }] }])(
  "a listing that is none holds nothing: %j",
  (listing) => {
    const table = { family: "ip", name: "filter" } as const;
    const found = findChains(table, listing);
    expect(found).toEqual({ table, chains: [], jumps: [] });
    expect(removalScript([found])).toBe("");
  },
);

test("jumps go first, then all chains are emptied, then deleted; sets go last", async () => {
  const { kernel, did } = node({ sets: ["KUBE-CLUSTER-IP", "KUBE-6-IPVS-IPS", "calico"] });
  expect(await takeOver(kernel)).toEqual({
    chains: ["ip nat KUBE-SERVICES", "ip nat KUBE-MARK-MASQ"],
    sets: ["KUBE-CLUSTER-IP", "KUBE-6-IPVS-IPS"],
    setsInUse: [],
    commands: [],
  });
  expect(did).toEqual([
    "delete rule ip nat PREROUTING handle 4",
    "delete rule ip nat CNI-HOSTPORT-DNAT handle 7",
    "flush chain ip nat KUBE-SERVICES",
    "flush chain ip nat KUBE-MARK-MASQ",
    "delete chain ip nat KUBE-SERVICES",
    "delete chain ip nat KUBE-MARK-MASQ",
    "destroy KUBE-CLUSTER-IP",
    "destroy KUBE-6-IPVS-IPS",
  ]);
});

test("sets that the old xtables refer to stay, and the commands to remove them are told", async () => {
  const inUse = ["KUBE-LOOP-BACK"];
  const { kernel } = node({ sets: [...inUse, "KUBE-6-LOOP-BACK"], inUse, legacy: ["nat"] });
  const { setsInUse, commands } = await takeOver(kernel);
  expect(setsInUse).toEqual(inUse);
  expect(commands[0]).toBe(
    'iptables-legacy -t nat -D PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
  );
  expect(commands).toContain("iptables-legacy -t filter -X KUBE-IPVS-FILTER");
  expect(commands.at(-1)).toBe("ipset destroy KUBE-LOOP-BACK");
  expect(commands.some((command) => command.startsWith("ip6tables"))).toBe(false);
});

test("sets in use where there are no old xtables are somebody else's business: no commands", async () => {
  const { kernel } = node({ sets: ["KUBE-LOOP-BACK"], inUse: ["KUBE-LOOP-BACK"] });
  expect(await takeOver(kernel)).toMatchObject({ setsInUse: ["KUBE-LOOP-BACK"], commands: [] });
});
