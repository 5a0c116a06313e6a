/** The take-over on the node's own addresses, where nothing but kube-proxy's IP sets tells what is its own. */
import assert from "node:assert/strict";
import type { LogLine } from "../../lab/agent-process.ts";
import { NODE_ADDRESSES, NODE_ADDRESSES_V6 } from "../../lab/node-network.ts";
import { shell } from "../../lab/shell.ts";
import { expectNoAnswer, expectPods } from "../harness/expect-traffic.ts";
import { at, OUTSIDE, POD } from "../harness/places.ts";
import { addressOf } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";
import {
  CLEAN,
  endWithoutTrace,
  isOfTakeOver,
  leftovers,
  linesOfTakeOver,
  list,
  PODS,
  V4,
  V6,
  WEB,
} from "../harness/take-over.ts";

const [NODE] = NODE_ADDRESSES;
const [NODE_V6] = NODE_ADDRESSES_V6;
/** Of kube-proxy, of no Service, and on addresses of the node: two node ports and an external address. */
const STALE_ON_NODE = [at(NODE, 30_999), at(NODE_V6, 30_999), at(NODE, 8_081)];
const FOREIGN_ON_NODE = at(NODE, 30_998);

/** Adds virtual services with one destination, with no more to tell whose they are than their ports. */
function addVirtualServices(frontends: readonly string[]): string {
  return frontends
    .map((to) => {
      const endpoint = at(addressOf("p1", to.startsWith("[") ? "IPv6" : "IPv4"), 8_080);
      return `ipvsadm -A -t ${to} -s rr\nipvsadm -a -t ${to} -r ${endpoint} -m\n`;
    })
    .join("");
}

/** Node addresses. */
export const takeOverOnNodeCases: readonly ServiceCase[] = [
  {
    name: "take-over from kube-proxy: what it left on the node's own addresses goes, and what others made there stays",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...WEB);
      await endWithoutTrace(harness);
      const all = [...STALE_ON_NODE, FOREIGN_ON_NODE];
      try {
        await shell(leftovers("nft") + addVirtualServices(all));
        await shell(`ipset add KUBE-EXTERNAL-IP ${NODE},tcp:8081\n`);
        const mark = harness.agent.start();
        const line = await harness.agent.line("the take-over", isOfTakeOver, { mark });
        const isOfSets = ({ msg }: LogLine): boolean => msg.includes("its chains and IP sets");
        await harness.agent.line("the end of the take-over", isOfSets, { mark });
        const removed = list(line, "virtualServices").toSorted();
        assert.deepEqual(removed, STALE_ON_NODE.map((to) => `tcp/${to}`).toSorted());
        for (const to of STALE_ON_NODE)
          assert.equal(harness.virtualService(`tcp/${to}`), undefined);
        assert.equal(harness.virtualService(`tcp/${FOREIGN_ON_NODE}`)?.destinations.size, 1);
        await expectNoAnswer({ ...OUTSIDE, to: at(NODE, 30_999) });
        await harness.synced();
        for (const to of [at(V4), at(V6)]) await expectPods({ ...POD, to }, PODS);
        assert.equal(await harness.agent.end("SIGTERM"), 0);
        assert.deepEqual(await linesOfTakeOver(harness), []);
        assert.equal(harness.virtualService(`tcp/${FOREIGN_ON_NODE}`)?.destinations.size, 1);
      } finally {
        await shell(all.map((to) => `ipvsadm -D -t ${to} 2>/dev/null || true\n`).join("") + CLEAN);
      }
    },
  },
];
