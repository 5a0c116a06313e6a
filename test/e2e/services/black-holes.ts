/**
 * UDP flows that nobody answers and that connection tracking knows all the same: begun before the Service
 * was there. Their packets would go on as the first one did, whatever comes after, if nobody forgot them.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { NODE_ADDRESSES, NODE_ADDRESSES_V6 } from "../../lab/node-network.ts";
import { shell } from "../../lab/shell.ts";
import { type Ask, whileFlowing } from "../harness/expect-traffic.ts";
import type { Harness } from "../harness/harness.ts";
import type { KubeObject } from "../harness/objects.ts";
import { at, ITSELF, OUTSIDE, POD } from "../harness/places.ts";
import { web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.175";
const V6 = "fd00:96::af";
const NODE_PORT = 30_185;
const ON_NODE = [at(NODE_ADDRESSES[0], NODE_PORT), at(NODE_ADDRESSES_V6[0], NODE_PORT)];
/** A host that forwards nothing, as the node's way to everywhere: what most nodes have, and the lab's has not. */
const SWALLOWED = `ip route add default via 192.168.77.200
ip -6 route add default via fd00:77::200`;
const NOT_SWALLOWED = "ip route del default; ip -6 route del default; true";
const STEP_MS = 700;

function objects(pods: readonly string[]): KubeObject[] {
  const ports = [{ port: 80, protocol: "UDP" as const, nodePort: NODE_PORT }];
  return web({ name: "web", addresses: [V4, V6], ports, pods, spec: { type: "NodePort" } });
}

/** Flows to the port that connection tracking has seen no answer of. */
async function unanswered(port: number): Promise<readonly string[]> {
  const list = "for f in ipv4 ipv6; do conntrack -L -f $f -p udp 2>/dev/null; done\n";
  const lines = (await shell(list)).split("\n");
  return lines.filter((line) => line.includes(` dport=${port} [UNREPLIED]`));
}

/** The flows are there before the Service is, and go to its pods as soon as it has some. */
async function expectFreed(harness: Harness, asks: readonly Ask[], port: number): Promise<void> {
  const found = await whileFlowing(asks, async () => {
    await sleep(STEP_MS);
    const known = await unanswered(port);
    assert.ok(known.length >= asks.length, `${known.length} flows: ${known.join("\n")}`);
    await harness.apply(...objects([]));
    await sleep(STEP_MS);
    await harness.apply(...objects(["p1"]));
    await sleep(STEP_MS);
    await harness.apply(...objects(["r1"]));
    await sleep(STEP_MS);
  });
  for (const [index, { pods }] of found.entries()) {
    const text = `${JSON.stringify(asks[index])}: ${JSON.stringify(found[index])}`;
    assert.deepEqual(Object.keys(pods).toSorted(), ["p1", "r1"], text);
  }
}

/** Black holes. */
export const blackHoleCases: readonly ServiceCase[] = [
  {
    name: "a UDP flow to a node port that began before its Service is led to the Service's pods",
    upstream: [],
    run: async (harness) => {
      const asks = [POD, OUTSIDE, ITSELF].flatMap((who) => ON_NODE.map((to) => ({ ...who, to })));
      await expectFreed(harness, asks, NODE_PORT);
    },
  },
  {
    name: "a UDP flow to a cluster address that began before its Service, and went to the node's gateway, is led to the pods",
    upstream: [],
    run: async (harness) => {
      await shell(SWALLOWED);
      try {
        const asks = [POD, ITSELF].flatMap((who) => [at(V4), at(V6)].map((to) => ({ ...who, to })));
        await expectFreed(harness, asks, 80);
      } finally {
        await shell(NOT_SWALLOWED);
      }
    },
  },
];
