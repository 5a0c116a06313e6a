/** Packet marks that other software gives: of ours is only what we gave. */
import assert from "node:assert/strict";
import { shell } from "../../lab/shell.ts";
import { expectPods } from "../harness/expect-traffic.ts";
import { at, ITSELF, POD } from "../harness/places.ts";
import { web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.225";
const V6 = "fd00:96::e1";
const BALANCER = ["198.51.100.125", "2001:db8:1::7d"];
const PODS = ["p1", "r1"];
const FAMILIES = ["ip", "ip6"] as const;
/** It begins as ours do. */
const MARK = "0x6b123456";

/** Marks what the pod and the node send, and counts the marks that come out at the end. */
function others(mark: string): string {
  return FAMILIES.map(
    (family) => `table ${family} others {
  chain prerouting {
    type filter hook prerouting priority -150
    iifname "vclient" meta mark set ${mark}
  }
  chain output {
    type filter hook output priority -150
    th dport 80 meta mark set ${mark}
  }
  chain postrouting {
    type filter hook postrouting priority 50
    meta mark ${MARK} th dport 8080 counter comment "foreign"
    meta mark & 0xff000000 == 0x6b000000 meta mark != ${MARK} counter comment "ours"
  }
}`,
  ).join("\n");
}

/** Runs `body`, and returns how many packets left with a mark, of both families. */
async function marked(
  mark: string,
  body: () => Promise<void>,
): Promise<{ readonly foreign: readonly number[]; readonly ours: readonly number[] }> {
  await shell(`nft -f - <<'END'\n${others(mark)}\nEND\n`);
  try {
    await body();
    const listing = await shell("nft list table ip others; nft list table ip6 others\n");
    const packets = (whose: string): number[] =>
      [...listing.matchAll(new RegExp(`packets (\\d+) .*comment "${whose}"`, "g"))].map(([, n]) =>
        Number(n),
      );
    return { foreign: packets("foreign"), ours: packets("ours") };
  } finally {
    await shell("nft delete table ip others; nft delete table ip6 others");
  }
}

/** Marks of others. */
export const foreignMarkCases: readonly ServiceCase[] = [
  {
    name: "a mark of other software goes through a cluster address, also one that begins as ours do",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...web({ name: "web", addresses: [V4, V6], pods: PODS }));
      for (const from of [POD, ITSELF]) {
        const { foreign } = await marked(MARK, async () => {
          for (const address of [V4, V6]) await expectPods({ ...from, to: at(address) }, PODS);
        });
        assert.equal(foreign.length, FAMILIES.length);
        for (const count of foreign) assert.ok(count >= 12, `${count} packets kept their mark`);
      }
    },
  },
  {
    name: "the mark by which clients in the cluster reach a Local address ends with IPVS",
    upstream: [],
    run: async (harness) => {
      const ingress = BALANCER.map((ip) => ({ ip }));
      const spec = { type: "LoadBalancer", externalTrafficPolicy: "Local" };
      await harness.apply(...web({ name: "web", addresses: [V4, V6], pods: PODS, ingress, spec }));
      for (const from of [POD, ITSELF]) {
        const { ours } = await marked("0x00000000", async () => {
          for (const address of BALANCER) await expectPods({ ...from, to: at(address) }, PODS);
        });
        assert.deepEqual(ours, [0, 0]);
      }
    },
  },
];
