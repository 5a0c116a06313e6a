/** Our nftables tables beside other people's: found damaged, mended; found right, left alone. */
import assert from "node:assert/strict";
import { NODE_ADDRESSES } from "../../lab/node-network.ts";
import { shell } from "../../lab/shell.ts";
import { eventually, expectPods, expectSeen, withoutFailure } from "../harness/expect-traffic.ts";
import { MARKER_EXTERNAL } from "../harness/harness.ts";
import type { KubeObject } from "../harness/objects.ts";
import { at, OUTSIDE, POD } from "../harness/places.ts";
import { web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.200";
const V6 = "fd00:96::c8";
const NODE_PORT = 30_200;
const EXTERNAL = "203.0.113.80";
const BALANCER = "198.51.100.110";
const PODS = ["p1", "r1"];
const REPAIR_MS_MAX = 20_000;
const TABLES = ["ip kube-ipvs", "ip6 kube-ipvs"];
/** Every object of our tables with its handle: who makes an object again gives it another one. */
const WITH_HANDLES = TABLES.map((table) => `nft -a list table ${table}`).join("\n");
const WITHOUT_HANDLES = TABLES.map((table) => `nft list table ${table}`).join("\n");
const FOREIGN = `table inet others {
  set s { type ipv4_addr; elements = { 192.0.2.7 } }
  chain input {
    type filter hook input priority 200
    ip saddr @s counter drop
  }
}`;

/** One of everything that has elements in our tables. */
function objects(): KubeObject[] {
  return [
    ...web({
      ...{ name: "web", addresses: [V4, V6], pods: PODS },
      ports: [{ port: 80, nodePort: NODE_PORT }],
      ingress: [{ ip: BALANCER }],
      spec: {
        type: "LoadBalancer",
        externalIPs: [EXTERNAL],
        loadBalancerSourceRanges: ["192.168.77.0/24"],
      },
    }),
    ...web({
      ...{ name: "local", addresses: ["10.96.0.201"], pods: ["r1"] },
      ports: [{ port: 80, nodePort: NODE_PORT + 1 }],
      spec: { type: "NodePort", externalTrafficPolicy: "Local" },
    }),
    ...web({ name: "empty", addresses: ["10.96.0.202"], pods: [] }),
  ];
}

async function ruleset(): Promise<string> {
  return sorted(await shell(`${WITHOUT_HANDLES}\n`));
}

/**
 * The kernel lists elements in an order of its own, which a set made anew does not have. Without those of the
 * suite's own Service, which changes all the time.
 */
function sorted(text: string): string {
  const elements = /\s*elements = \{([^}]*)\}/g;
  return text.replace(elements, (_, inside: string) => {
    const all = inside.split(",").map((element) => element.trim());
    const kept = all.filter((element) => !element.startsWith(MARKER_EXTERNAL));
    return kept.length === 0 ? "" : `\n\t\telements = { ${kept.toSorted().join(", ")} }`;
  });
}

/** What others may do to our tables. */
const DAMAGE: readonly (readonly [what: string, command: string])[] = [
  ["a flushed ruleset", "nft flush ruleset"],
  ["a deleted table", "nft delete table ip kube-ipvs"],
  ["a flushed table of IPv6", "nft flush table ip6 kube-ipvs"],
  ["a flushed chain", "nft flush chain ip kube-ipvs input"],
  ["a deleted element", `nft delete element ip kube-ipvs service-addresses '{ ${V4} }'`],
  ["an added element", "nft add element ip kube-ipvs service-addresses '{ 192.0.2.9 }'"],
  ["an added rule", "nft insert rule ip kube-ipvs input tcp dport 80 drop"],
  [
    "a deleted rule",
    "nft delete rule ip kube-ipvs postrouting handle $(nft -a list chain ip kube-ipvs postrouting | sed -n 's/.*# handle //p' | tail -1)",
  ],
];

const damage: readonly ServiceCase[] = DAMAGE.map(([what, command]) => ({
  name: `the packet filter is mended after ${what} by somebody else`,
  upstream: what.startsWith("a flushed ruleset")
    ? ["Networking should recreate its iptables rules if they are deleted"]
    : [],
  run: async (harness) => {
    await harness.apply(...objects());
    const before = await ruleset();
    await shell(`${command}\n`);
    const isAsBefore = async (): Promise<boolean> =>
      sorted(await shell(`(${WITHOUT_HANDLES}) 2>/dev/null || true\n`)) === before;
    await eventually("our tables are as they were", isAsBefore, REPAIR_MS_MAX);
    await expectPods({ ...POD, to: at(V4) }, PODS);
    await expectSeen({ ...OUTSIDE, to: at(BALANCER) }, [NODE_ADDRESSES[0]]);
    await expectSeen({ ...OUTSIDE, to: at(V4) }, [NODE_ADDRESSES[0]]);
  },
}));

/** Lines of a listing that are objects of their own and have no comment. */
function unexplained(listing: string): string[] {
  const isRule = (line: string): boolean =>
    line.startsWith("\t\t") &&
    !/^\s+(type|elements|comment|flags|auto-merge|size|policy|[^=]*[,}]$)/.test(line);
  const isExplained = (line: string): boolean => /comment "[^"]{10,}"/.test(line);
  return listing.split("\n").filter((line) => isRule(line) && !isExplained(line));
}

/** The packet filter. */
export const packetFilterCases: readonly ServiceCase[] = [
  ...damage,
  {
    name: "nft list table explains every rule and every set in words",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects());
      for (const table of TABLES) {
        // Without elements, which are many and explained by their set.
        const listing = await shell(`nft -t list table ${table}\n`);
        assert.deepEqual(unexplained(listing), []);
        const blocks = listing.split(/\n\t(?=set |map )/).slice(1);
        assert.ok(blocks.length >= 10, listing);
        for (const block of blocks) assert.match(block.split("\n\t}")[0] ?? "", /comment "/);
      }
    },
  },
  {
    name: "tables of others are left as they are, whatever happens to ours and to Services",
    upstream: [],
    run: async (harness) => {
      await shell(`nft -f - <<'END'\n${FOREIGN}\nEND\n`);
      try {
        const list = "nft -a list table inet others\n";
        const before = await shell(list);
        await harness.apply(...objects());
        await shell("nft delete table ip kube-ipvs\n");
        await eventually(
          "our table is back",
          async () => (await shell("nft list tables\n")).includes("table ip kube-ipvs\n"),
          REPAIR_MS_MAX,
        );
        await harness.agent.end("SIGKILL");
        await harness.agent.firstSync(harness.agent.start());
        await harness.remove(...objects());
        assert.equal(await shell(list), before);
      } finally {
        await shell("nft delete table inet others\n");
      }
    },
  },
  {
    name: "after kill -9 and a new start no rule, set or element is made again, and no request fails",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects());
      const before = sorted(await shell(`${WITH_HANDLES}\n`));
      await withoutFailure({ ...OUTSIDE, to: at(BALANCER) }, async () => {
        await harness.agent.end("SIGKILL");
        const { applied } = await harness.agent.firstSync(harness.agent.start());
        assert.equal(applied, 0);
      });
      assert.equal(sorted(await shell(`${WITH_HANDLES}\n`)), before);
    },
  },
  {
    name: "a change of one Service touches the elements of no other, and deleting all leaves none",
    upstream: [],
    run: async (harness) => {
      const empty = await ruleset();
      const other = web({
        ...{ name: "other", addresses: ["10.96.0.203"], pods: ["p2"] },
        spec: { externalIPs: ["203.0.113.81"] },
      });
      await harness.apply(...objects());
      const before = await ruleset();
      await harness.apply(...other);
      assert.notEqual(await ruleset(), before);
      await harness.remove(...other);
      assert.equal(await ruleset(), before);
      await harness.remove(...objects());
      assert.equal(await ruleset(), empty);
    },
  },
];
