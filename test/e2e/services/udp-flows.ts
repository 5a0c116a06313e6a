/**
 * UDP clients that send from one port all the time: to connection tracking that is one flow, which has
 * to leave an endpoint that is gone, and nothing else.
 */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { NODE_ADDRESSES, NODE_ADDRESSES_V6 } from "../../lab/node-network.ts";
import { shell } from "../../lab/shell.ts";
import {
  type Ask,
  ask,
  expectNoAnswer,
  expectPods,
  whileFlowing,
} from "../harness/expect-traffic.ts";
import type { EndpointWords, KubeObject } from "../harness/objects.ts";
import { at, ITSELF, OUTSIDE, POD } from "../harness/places.ts";
import { endpointOf, type WebWords, web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.170";
const V6 = "fd00:96::aa";
const NODE_PORT = 30_180;
const BALANCER = ["198.51.100.90", "2001:db8:1::90"];
const SOURCE_PORT = 12_345;
const FLOW = { protocol: "udp", sourcePort: SOURCE_PORT, requests: 3 } as const;
const CLUSTER = [at(V4), at(V6)];
const ON_NODE = [at(NODE_ADDRESSES[0], NODE_PORT), at(NODE_ADDRESSES_V6[0], NODE_PORT)];
const GAP_MS = 500;

function objects(
  pods: readonly (string | EndpointWords)[],
  more: Partial<WebWords> = {},
): KubeObject[] {
  const ports = [{ port: 80, protocol: "UDP" as const, nodePort: NODE_PORT }];
  const ingress = BALANCER.map((ip) => ({ ip }));
  const base = { name: "web", addresses: [V4, V6], ports, pods, ingress };
  return web({ ...base, ...more, spec: { type: "LoadBalancer", ...more.spec } });
}

const UPSTREAM = "Conntrack should be able to preserve UDP traffic when server pod cycles for a";

/** One after the other; only those between two changes have the flow for sure. */
const STEPS = [["p1"], ["p1", "p2"], ["p2"], ["p2", "r1"], ["r1"]];
/** Long enough for a client that sends all the time to be answered. */
const STEP_MS = 600;

/** Where a client may be, and what it asks. */
const WAYS: readonly (readonly [
  what: string,
  asks: readonly Ask[],
  upstream: readonly string[],
])[] = [
  [
    "a pod to a cluster address",
    CLUSTER.map((to) => ({ ...POD, to })),
    [`${UPSTREAM} ClusterIP service`],
  ],
  [
    "the node itself to a cluster address",
    CLUSTER.map((to) => ({ ...ITSELF, to })),
    [`${UPSTREAM} ClusterIP service and client is hostNetwork`],
  ],
  [
    "pods and the outside to a node port",
    ON_NODE.flatMap((to) => [
      { ...POD, to },
      { ...OUTSIDE, to },
    ]),
    [`${UPSTREAM} NodePort service`],
  ],
  [
    "the outside to a load-balancer address",
    BALANCER.map((address) => ({ ...OUTSIDE, to: at(address) })),
    ["the same nodes", "different nodes"].map(
      (where) =>
        `LoadBalancers should be able to preserve UDP traffic when server pod cycles for a LoadBalancer service on ${where}`,
    ),
  ],
];

const moved: readonly ServiceCase[] = WAYS.map(([what, asks, upstream]) => ({
  name: `a UDP flow from ${what} that never pauses starts before there is an endpoint, and moves with the endpoints`,
  upstream,
  run: async (harness) => {
    await harness.apply(...objects([]));
    for (const client of asks) await expectNoAnswer({ ...client, ...FLOW });
    const found = await whileFlowing(asks, async () => {
      await sleep(STEP_MS);
      for (const pods of STEPS) {
        await harness.apply(...objects(pods));
        await sleep(STEP_MS);
      }
    });
    for (const [index, { pods }] of found.entries()) {
      const text = `${JSON.stringify(asks[index])}: ${JSON.stringify(found[index])}`;
      assert.deepEqual(Object.keys(pods).toSorted(), ["p1", "p2", "r1"], text);
    }
    // Nothing is on its way any more: what the last step left is how it stays.
    await harness.apply(...objects(["p1"]));
    for (const client of asks) await expectPods({ ...client, ...FLOW }, ["p1"]);
  },
}));

/** What conntrack knows of UDP flows, without what counts down. */
async function udpFlows(): Promise<string[]> {
  const text = await shell(
    "for f in ipv4 ipv6; do conntrack -L -f $f -p udp 2>/dev/null; done | sort\n",
  );
  const lines = text.split("\n").filter(Boolean);
  return lines.map((line) => line.replace(/^(udp +17) +\d+ /, "$1 ").replace(/ use=\d+/, ""));
}

/** UDP flows. */
export const udpFlowCases: readonly ServiceCase[] = [
  ...moved,
  {
    name: "a UDP flow to an endpoint that was not ready is answered once it is",
    upstream: [
      "Conntrack should be able to preserve UDP traffic when initial unready endpoints get ready",
    ],
    run: async (harness) => {
      const unready = (["IPv4", "IPv6"] as const).map((family) =>
        endpointOf("p1", { ready: false, family }),
      );
      await harness.apply(...objects(unready));
      const ways = [...CLUSTER, ...ON_NODE];
      for (const to of ways) await expectNoAnswer({ ...POD, ...FLOW, to });
      await harness.apply(...objects(["p1"]));
      for (const to of ways) await expectPods({ ...POD, ...FLOW, to }, ["p1"]);
    },
  },
  {
    name: "with internal policy Local a UDP flow outlives a time with an endpoint elsewhere alone",
    upstream: [`${UPSTREAM} ClusterIP service with InternalTrafficPolicy set to Local`],
    run: async (harness) => {
      const local = (...pods: string[]): KubeObject[] =>
        objects(pods, { spec: { internalTrafficPolicy: "Local" } });
      for (const to of CLUSTER) {
        const flow = { ...POD, ...FLOW, to };
        await harness.apply(...local());
        await expectNoAnswer(flow);
        await harness.apply(...local("p1"));
        await expectPods(flow, ["p1"]);
        await harness.apply(...local("p1", "r1"));
        await expectPods(flow, ["p1"]);
        await harness.apply(...local("r1"));
        await expectNoAnswer(flow);
        await sleep(GAP_MS);
        await expectNoAnswer(flow);
        await harness.apply(...local("r1", "p2"));
        await expectPods(flow, ["p2"]);
      }
    },
  },
  {
    name: "with external policy Local a UDP flow from outside outlives a time without a pod on this node",
    upstream: [],
    run: async (harness) => {
      const local = (...pods: string[]): KubeObject[] =>
        objects(pods, { spec: { externalTrafficPolicy: "Local" } });
      for (const to of [...ON_NODE, ...BALANCER.map((address) => at(address))]) {
        const flow = { ...OUTSIDE, ...FLOW, to };
        await harness.apply(...local("r1"));
        await expectNoAnswer(flow);
        await harness.apply(...local("r1", "p1"));
        await expectPods(flow, ["p1"]);
        await harness.apply(...local("r1", "p2"));
        await expectPods(flow, ["p2"]);
      }
    },
  },
  {
    name: "a UDP flow goes to the new port when the target port changes",
    upstream: [
      "Conntrack should be able to cleanup conntrack entries when UDP service target port changes for a NodePort service",
    ],
    run: async (harness) => {
      const asks = [
        { ...POD, to: at(V4) },
        { ...OUTSIDE, to: at(NODE_ADDRESSES[0], NODE_PORT) },
      ];
      for (const targetPort of [8080, 9090]) {
        await harness.apply(...objects(["p1"], { targetPort }));
        for (const client of asks) await expectPods({ ...client, ...FLOW }, ["p1"]);
        const flows = await udpFlows();
        const ours = flows.filter((flow) => flow.includes(`sport=${SOURCE_PORT}`));
        assert.ok(ours.length >= asks.length, flows.join("\n"));
        for (const flow of ours) assert.match(flow, new RegExp(`sport=${targetPort} `));
      }
    },
  },
  {
    name: "only the flows of the removed endpoint are forgotten: all others stay in connection tracking",
    upstream: [],
    run: async (harness) => {
      const other = web({
        name: "other",
        ...{ addresses: ["10.96.0.171"], pods: ["p1"] },
        ports: [{ port: 80, protocol: "UDP" }],
      });
      await harness.apply(...objects(["p1", "p2", "r1"]), ...other);
      await ask({ ...POD, protocol: "udp", to: at(V4), requests: 12 });
      await ask({ ...OUTSIDE, protocol: "udp", to: at(BALANCER[0] ?? ""), requests: 12 });
      await ask({ ...POD, protocol: "udp", to: at("10.96.0.171"), requests: 4 });
      await ask({ ...POD, protocol: "udp", to: at("10.1.0.1", 8080), requests: 2 });
      const isOfP1 = (flow: string): boolean =>
        flow.includes("src=10.1.0.1 ") && / dst=(10\.96\.0\.170|198\.51\.100\.90) /.test(flow);
      const before = await udpFlows();
      const stay = before.filter((flow) => !isOfP1(flow));
      assert.ok(stay.length >= 14 && stay.length <= before.length - 4, before.join("\n"));
      await harness.apply(...objects(["p2", "r1"]), ...other);
      const after = await udpFlows();
      assert.deepEqual(
        stay.filter((flow) => !after.includes(flow)),
        [],
      );
      assert.deepEqual(after.filter(isOfP1), []);
    },
  },
];
