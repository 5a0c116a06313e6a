/** Taking kube-proxy's leftovers away: its chains and sets go, everybody else's stay. */
import { expect, test } from "vitest";
import { findChains, removalScript } from "../../../src/takeover/chains.ts";
import { type TakenOver, takeOver } from "../../../src/takeover/take-over.ts";
import { Leftovers, type LeftoversOptions } from "../../fakes/leftovers.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

/** As nft lists what iptables-nft made: a match that nft has no word for, then the verdict. */
function rule(chain: string, handle: number, ...expr: readonly unknown[]) {
  return { rule: { family: "ip", table: "nat", chain, handle, expr } };
}

const chain = (name: string) => ({ chain: { family: "ip", table: "nat", name, handle: 1 } });
const jump = (target: string) => ({ jump: { target } });
const XT = { xt: null };

const CHAINS = [
  chain("PREROUTING"),
  chain("POSTROUTING"),
  chain("KUBE-SERVICES"),
  chain("KUBE-POSTROUTING"),
  chain("KUBE-NODE-PORT"),
  chain("KUBE-MARK-MASQ"),
  chain("KUBE-KUBELET-CANARY"),
  chain("CNI-HOSTPORT-DNAT"),
];
const OBJECTS = [
  { metainfo: { version: "1.0.6" } },
  { table: { family: "ip", name: "nat", handle: 1 } },
  ...CHAINS,
  rule("PREROUTING", 4, XT, { counter: { packets: 1, bytes: 60 } }, jump("KUBE-SERVICES")),
  rule("PREROUTING", 5, XT, jump("CNI-HOSTPORT-DNAT")),
  rule("POSTROUTING", 6, XT, jump("KUBE-POSTROUTING")),
  rule("KUBE-SERVICES", 7, XT, jump("KUBE-MARK-MASQ")),
  rule("KUBE-SERVICES", 8, XT, jump("KUBE-NODE-PORT")),
  rule("CNI-HOSTPORT-DNAT", 9, { accept: null }),
];
const NAT = { nftables: OBJECTS };
const HOST_PORT = rule("CNI-HOSTPORT-DNAT", 10, { goto: { target: "KUBE-MARK-MASQ" } });
const IP_NAT = { family: "ip", name: "nat" } as const;
const LISTINGS = { "chains ip": { nftables: CHAINS }, "table ip nat": NAT };

/** Takes over what `options` describe. */
async function taken(
  options: LeftoversOptions,
): Promise<{ readonly did: readonly string[]; readonly found: TakenOver }> {
  const kernel = new Leftovers(options);
  const clock = new ManualClock();
  const { signal } = new AbortController();
  const taking = takeOver(kernel, { clock, signal });
  await clock.advance(10_000);
  return { did: kernel.did, found: await taking };
}

test("its chains are found by name, and its own jumps to them", () => {
  expect(findChains(IP_NAT, NAT)).toEqual({
    table: IP_NAT,
    chains: ["KUBE-SERVICES", "KUBE-POSTROUTING", "KUBE-NODE-PORT", "KUBE-MARK-MASQ"],
    chainsInUse: [],
    jumps: [
      { chain: "PREROUTING", handle: 4 },
      { chain: "POSTROUTING", handle: 6 },
    ],
  });
});

test("a chain that a network plugin jumps to stays, and so does what makes its mark work", () => {
  const found = findChains(IP_NAT, { nftables: [...OBJECTS, HOST_PORT] });
  expect(found.chains).toEqual(["KUBE-SERVICES", "KUBE-NODE-PORT"]);
  expect(found.chainsInUse).toEqual(["KUBE-POSTROUTING", "KUBE-MARK-MASQ"]);
  expect(found.jumps).toEqual([{ chain: "PREROUTING", handle: 4 }]);
});

test("what a chain in use jumps to stays, too, and a jump by somebody else is not removed", () => {
  const foreign = rule("PREROUTING", 11, jump("KUBE-NODE-PORT"));
  const inside = rule("KUBE-NODE-PORT", 12, jump("KUBE-MARK-MASQ"));
  const found = findChains(IP_NAT, { nftables: [...OBJECTS, foreign, inside] });
  expect(found.chains).toEqual(["KUBE-SERVICES"]);
  expect(found.jumps).toEqual([{ chain: "PREROUTING", handle: 4 }]);
});

test.each([undefined, null, [], {}, { nftables: "no" }, { nftables: [null, 1, { rule: null }] }])(
  "a listing that is none holds nothing: %j",
  (listing) => {
    const found = findChains(IP_NAT, listing);
    expect(found).toEqual({ table: IP_NAT, chains: [], chainsInUse: [], jumps: [] });
    expect(removalScript([found])).toBe("");
  },
);

test("jumps go first, then all chains are emptied, then deleted; sets go last", async () => {
  const sets = ["KUBE-CLUSTER-IP", "KUBE-6-IPVS-IPS", "calico"];
  const { did, found } = await taken({ listings: LISTINGS, sets });
  const chains = ["KUBE-SERVICES", "KUBE-POSTROUTING", "KUBE-NODE-PORT", "KUBE-MARK-MASQ"];
  expect(found).toEqual({
    chains: chains.map((name) => `ip nat ${name}`),
    chainsInUse: [],
    sets: ["KUBE-CLUSTER-IP", "KUBE-6-IPVS-IPS"],
    setsInUse: [],
    commands: [],
  });
  expect(did).toEqual([
    "delete rule ip nat PREROUTING handle 4",
    "delete rule ip nat POSTROUTING handle 6",
    ...chains.map((name) => `flush chain ip nat ${name}`),
    ...chains.map((name) => `delete chain ip nat ${name}`),
    "destroy KUBE-CLUSTER-IP",
    "destroy KUBE-6-IPVS-IPS",
  ]);
});

test("chains of the same names where its IPVS mode never was are somebody else's", async () => {
  const others = CHAINS.filter((one) => one.chain.name !== "KUBE-NODE-PORT");
  const { did } = await taken({
    listings: { "chains ip": { nftables: others }, "table ip nat": NAT },
  });
  expect(did).toEqual([]);
});

test("sets that the kernel lets go of a while after their chains are waited for", async () => {
  const sets = ["KUBE-LOOP-BACK", "KUBE-CLUSTER-IP"];
  const { found } = await taken({ listings: LISTINGS, sets, inUse: { "KUBE-LOOP-BACK": 3 } });
  expect(found.sets.toSorted()).toEqual(sets.toSorted());
  expect(found.setsInUse).toEqual([]);
});

test("sets that the old xtables refer to stay, and the commands to remove them are told", async () => {
  const { found } = await taken({
    sets: ["KUBE-LOOP-BACK", "KUBE-6-LOOP-BACK"],
    inUse: { "KUBE-LOOP-BACK": Number.POSITIVE_INFINITY },
    legacy: ["nat"],
  });
  const { setsInUse, commands } = found;
  expect(setsInUse).toEqual(["KUBE-LOOP-BACK"]);
  expect(commands[0]).toBe(
    'iptables-legacy -t nat -D PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES',
  );
  expect(commands).toContain("iptables-legacy -t filter -X KUBE-IPVS-FILTER");
  expect(commands.at(-1)).toBe("ipset destroy KUBE-LOOP-BACK");
  expect(commands.some((command) => command.startsWith("ip6tables"))).toBe(false);
});

test("sets in use where there are no old xtables are somebody else's business: no commands", async () => {
  const inUse = { "KUBE-LOOP-BACK": Number.POSITIVE_INFINITY };
  const { found } = await taken({ listings: LISTINGS, sets: ["KUBE-LOOP-BACK"], inUse });
  expect(found).toMatchObject({ setsInUse: ["KUBE-LOOP-BACK"], commands: [] });
});
