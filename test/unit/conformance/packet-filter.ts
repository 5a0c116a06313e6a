/** Sets of the packet filter: whatever they held, afterwards they hold what is wanted. */
import { expect } from "vitest";
import type { Family } from "../../../src/model/address.ts";
import {
  type FilterElement,
  type FilterObject,
  type FilterOperation,
  type FilterSet,
  filterObjectId,
  filterObjectText,
  type SourceChain,
} from "../../../src/model/packet-filter.ts";
import { baseChains } from "../../../src/nft/base-chains.ts";
import { diffFilters, type FilterChanges } from "../../../src/plan/diff-filters.ts";
import { FilterWishes } from "../../../src/plan/filter-wishes.ts";
import { FakeKernel } from "../../fakes/fake-kernel.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { Node } from "./node.ts";
import { endpoint, service, slice } from "./objects.ts";

const FILTER_SETTINGS = {
  masqueradeBit: 14,
  masqueradeAll: false,
  localClients: { kind: "ranges", ranges: ["10.1.0.0/16", "fd00:1::/48"] },
} as const;
const FRONTENDS = "masqueraded";
const NODE_PORTS = "node-port-masqueraded";

function element(set: FilterSet, key: string, value = ""): FilterElement {
  return { kind: "element", family: key.includes(":") ? "ipv6" : "ipv4", set, key, value };
}

function frontends(...keys: readonly string[]): FilterElement[] {
  return keys.map((key) => element(FRONTENDS, key));
}

function hairpins(...addresses: readonly string[]): FilterElement[] {
  return addresses.map((address) => element("hairpin", `${address} . ${address}`));
}

function nodePorts(...ports: readonly number[]): FilterElement[] {
  return ports.map((port) => element(NODE_PORTS, `tcp . ${port}`));
}

/** Frontends that only `range` may reach, with the chain that they share. */
function guarded(family: Family, range: string, ...keys: readonly string[]): FilterObject[] {
  const chain: SourceChain = { kind: "source-chain", family, name: "sources-1", ranges: [range] };
  return [
    ...keys.map((key) => element("source-ranges", key, "jump sources-1")),
    ...(keys.length > 0 ? [chain] : []),
  ];
}

const LINK = "fe80::202:b3ff:fe1e:8329";

/** By upstream's names: what is wanted, and what was there. */
const SYNCS: Readonly<Record<string, [readonly FilterObject[], readonly FilterObject[]]>> = {
  "normal ipset sync": [frontends("172.17.0.4 . tcp . 80"), []],
  "ipset IPv6 sync with no new entries": [
    frontends(`${LINK} . tcp . 80`),
    frontends(`${LINK} . tcp . 80`),
  ],
  "ipset sync with updated udp->tcp in hash": [
    frontends("172.17.0.4 . tcp . 80", "172.17.0.5 . tcp . 80"),
    frontends("172.17.0.5 . udp . 53"),
  ],
  "ipset sync no updates required": [hairpins("172.17.0.4"), hairpins("172.17.0.4")],
  "ipset IPv6 sync, delete and add new entry": [
    hairpins(LINK),
    hairpins("1111::202:b3ff:fe1e:8329"),
  ],
  "ipset sync, no current entries": [hairpins("172.17.0.9", "172.17.0.10"), []],
  "ipset sync, no current entries with /16 subnet": [
    guarded("ipv4", "172.17.0.0/16", "172.17.0.4 . tcp . 80", "172.17.0.5 . tcp . 80"),
    [],
  ],
  "ipset IPv6 sync, no updates required with /32 subnet": [
    guarded("ipv6", "2001:db8::/32", "fe80::8329 . tcp . 8800"),
    guarded("ipv6", "2001:db8::/32", "fe80::8329 . tcp . 8800"),
  ],
  "ipset IPv6 sync, current entries removed": [
    [],
    guarded("ipv6", "2001:db8::/32", "fe80::8329 . udp . 8801"),
  ],
  "ipset sync, port entry removed": [[], nodePorts(80)],
  "ipset sync, remove old and add new": [nodePorts(8080, 9090), nodePorts(80)],
  "ipset sync, remove many stale ports": [nodePorts(8080), nodePorts(80, 9090, 8081, 8082)],
  "ipset sync, add sctp entry": [frontends("172.17.0.4 . sctp . 80"), []],
  "ipset sync, add IPV6 sctp entry": [
    frontends(`${LINK} . sctp . 80`),
    frontends(`${LINK} . sctp . 80`),
  ],
};

/** Writes to a kernel that holds `found` what `wanted` takes. */
async function expectSynced(
  wanted: readonly FilterObject[],
  found: readonly FilterObject[],
): Promise<void> {
  const { filter } = new FakeKernel();
  await filter.replace([]);
  const setUp = allOf(diffFilters(() => undefined, objectsOf(found).get, objectsOf(found).ids));
  expect(await filter.write(setUp)).toEqual([]);

  const wishes = new FilterWishes();
  wishes.use(wanted);
  const ids = new Set([...wishes.takeDirty(), ...objectsOf(found).ids]);
  const changes = allOf(
    diffFilters(
      (id) => filter.held?.get(id),
      (id) => wishes.get(id),
      ids,
    ),
  );
  expect(await filter.write(changes)).toEqual([]);
  const held = [...(filter.held?.values() ?? [])];
  expect(held.map(filterObjectText).sort()).toEqual(wanted.map(filterObjectText).sort());
  // What is right already is not written.
  const same = wanted.filter((one) => objectsOf(found).get(filterObjectId(one)) !== undefined);
  expect(changes).toHaveLength(wanted.length + found.length - 2 * same.length);
}

function allOf({ closings, filters, openings }: FilterChanges): readonly FilterOperation[] {
  return [...closings, ...filters, ...openings];
}

function objectsOf(objects: readonly FilterObject[]) {
  const byId = new Map(objects.map((object) => [filterObjectId(object), object]));
  return { ids: new Set(byId.keys()), get: (id: string) => byId.get(id) };
}

const syncs: readonly ConformanceCase[] = Object.entries(SYNCS).map(
  ([upstream, [wanted, found]]) => ({
    name: `a set holds what is wanted, and nothing else is written (${upstream})`,
    upstream: [`TestSyncIPSetEntries/${upstream}`],
    run: () => expectSynced(wanted, found),
  }),
);

/**
 * The rules that a packet of any address may meet, with what each says: those of the hooks, and of the chains
 * that these lead to whatever the address is.
 */
function rulesForAll(family: Family): readonly string[] {
  const chains = baseChains(family, FILTER_SETTINGS);
  const open = new Set(chains.filter(({ hook }) => hook).map(({ name }) => name));
  // A set that is iterated over gives what is added meanwhile, too.
  for (const name of open) {
    const texts = chains.find((chain) => chain.name === name)?.rules.map(({ text }) => text) ?? [];
    for (const text of texts.filter((one) => !one.includes("@"))) {
      const target = /(?:jump|goto) (\S+)/.exec(text)?.[1];
      if (target !== undefined) open.add(target);
    }
  }
  const all = chains.filter(({ name }) => open.has(name)).flatMap(({ rules }) => rules);
  return all.map(({ text }) => text);
}

/** Of the addresses that a rule is about: those in our sets, or of packets that have a mark already. */
const IS_LIMITED =
  /\bip6? [sd]addr (?:\. [\w ]+ )*(?:v?map )?@[a-z-]+|\bmark (?:& \S+ ==|@[a-z-]+)/;
/** Says nothing of its own. */
const IS_NEUTRAL = /^(?:ct state new )?jump \S+$|^return$/;

const loopback: readonly ConformanceCase[] = (
  [
    { family: "ipv4", clusterIP: "10.20.30.41", own: "127.0.0.1", at: "10.180.0.1" },
    { family: "ipv6", clusterIP: "2020::1", own: "::1", at: "1002:ab8::2:10" },
  ] as const
).map(({ family, clusterIP, own, at }) => ({
  name: `no rule is about traffic from or to the loopback address of ${family}, whatever a Service asks for`,
  upstream: [`TestDismissLocalhostRuleExist/${family} rule`],
  run: async () => {
    const node = new Node({ addresses: { lo: [own] } });
    const ports = [{ name: "p80", port: 80, nodePort: 3001 }];
    const spec = { type: "NodePort", clusterIP, ports, externalIPs: [own] };
    await node.sync(service(spec), slice([endpoint(at, "here"), endpoint(own, "here")]));
    const texts = [...(node.kernel.filter.held?.values() ?? [])].map(filterObjectText);
    expect(texts).not.toEqual([]);
    expect(texts.filter((text) => text.split(" ").includes(own))).toEqual([]);
    const rules = rulesForAll(family);
    expect(rules.length).toBeGreaterThan(20);
    expect(rules.filter((text) => /\b127\.|::1\b|\biif(?:name)? "?lo\b/.test(text))).toEqual([]);
    expect(rules.filter((text) => !IS_LIMITED.test(text) && !IS_NEUTRAL.test(text))).toEqual([]);
    expect(node.bound()).toEqual([clusterIP]);
  },
}));

/** All of them. */
export const packetFilterCases: readonly ConformanceCase[] = [...syncs, ...loopback];
