/**
 * `externalTrafficPolicy: Local`: the outside reaches pods of this node alone, which see its address;
 * pods of this node and the node itself reach all of them.
 */
import assert from "node:assert/strict";
import {
  NODE_ADDRESSES,
  NODE_ADDRESSES_V6,
  OUTSIDE as OUTSIDE_V4,
} from "../../lab/node-network.ts";
import { type HoldResult, hold, type Running } from "../../lab/traffic.ts";
import {
  type Ask,
  expectNoAnswer,
  expectPods,
  expectSeen,
  expectSilence,
} from "../harness/expect-traffic.ts";
import type { EndpointWords, KubeObject } from "../harness/objects.ts";
import { at, FAR, ITSELF, OUTSIDE, POD } from "../harness/places.ts";
import { addressOf, clientAddresses, endpointOf, web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.100";
const V6 = "fd00:96::64";
const NODE_PORT = 30_120;
const EXTERNAL = ["203.0.113.40", "2001:db8::40"];
const BALANCER = ["198.51.100.41", "2001:db8:1::41"];
const [ETH0] = NODE_ADDRESSES;
const [ETH0_V6] = NODE_ADDRESSES_V6;
const OUTSIDE_V6 = ["fd00:77::201", "fd00:77::202"];
/** Every way in from outside, both families. */
const WAYS_IN = [
  ...[ETH0, NODE_ADDRESSES[1], ETH0_V6].map((address) => at(address, NODE_PORT)),
  ...[...EXTERNAL, ...BALANCER].map((address) => at(address)),
];
const LOCAL = ["p1", "p2"];
const BOTH = ["p1", "r1"];
const PORTS = [
  { name: "tcp", port: 80, nodePort: NODE_PORT },
  { name: "udp", port: 80, protocol: "UDP" as const, nodePort: NODE_PORT },
];
/** Waits longer than a busy machine stands still: what counts is that it goes on, not how soon. */
const HOLD = { intervalMs: 200, timeoutMs: 10_000, durationMs: 200_000 };
const ENDING = { ready: false, serving: true, terminating: true };

function objects(
  pods: readonly (string | EndpointWords)[],
  externalTrafficPolicy: "Cluster" | "Local" = "Local",
): KubeObject[] {
  return web({
    ...{ name: "web", addresses: [V4, V6], ports: PORTS, pods },
    ingress: BALANCER.map((ip) => ({ ip })),
    spec: { type: "LoadBalancer", externalIPs: EXTERNAL, externalTrafficPolicy },
  });
}

/** Clients outside with addresses of their own, of the way's family. */
function outsideTo(to: string): Ask & { readonly from: readonly string[] } {
  return { ...OUTSIDE, to, from: to.startsWith("[") ? OUTSIDE_V6 : OUTSIDE_V4.slice(1, 3) };
}

function podTo(to: string): Ask & { readonly from: readonly string[] } {
  const from = clientAddresses(to.startsWith("[") ? "IPv6" : "IPv4");
  return { ...POD, to, from, requests: 16 };
}

/** Open connections of a pod and of the node itself, by every way in. */
function holdAll(): Promise<Running<HoldResult>[]> {
  const families = [
    WAYS_IN.filter((to) => !to.startsWith("[")),
    WAYS_IN.filter((to) => to.startsWith("[")),
  ];
  const asks = families.flatMap((to) => [POD, ITSELF].map((client) => ({ ...client, to })));
  return Promise.all(asks.map((ask) => hold({ ...ask, ...HOLD, connections: 2 * ask.to.length })));
}

/** Policies for traffic from outside. */
export const externalPolicyCases: readonly ServiceCase[] = [
  {
    name: "with policy Local the outside reaches the pods of this node alone, and they see its address",
    upstream: [
      "Services should support externalTrafficPolicy=Local for type=NodePort",
      "LoadBalancers ExternalTrafficPolicy: Local should work for type=LoadBalancer",
      "LoadBalancers ExternalTrafficPolicy: Local should target all nodes with endpoints",
    ],
    run: async (harness) => {
      await harness.apply(...objects([...LOCAL, "r1"]));
      for (const to of WAYS_IN) {
        for (const protocol of ["tcp", "udp"] as const) {
          const ask = { ...outsideTo(to), protocol };
          await expectPods(ask, LOCAL);
          await expectSeen(ask, ask.from);
        }
      }
    },
  },
  {
    name: "with policy Local and no pod on this node the outside gets silence",
    upstream: [
      "LoadBalancers ExternalTrafficPolicy: Local should only target nodes with endpoints",
    ],
    run: async (harness) => {
      await harness.apply(...objects(["r1"]));
      for (const to of WAYS_IN) {
        await expectSilence({ ...OUTSIDE, to });
        await expectSilence({ ...OUTSIDE, protocol: "udp", to });
      }
      await harness.apply(...objects(["r1", "p1"]));
      for (const to of WAYS_IN) await expectPods({ ...OUTSIDE, to }, ["p1"]);
    },
  },
  {
    name: "with policy Local pods of this node reach all pods and keep their address, through every way in",
    upstream: ["LoadBalancers ExternalTrafficPolicy: Local should work from pods"],
    run: async (harness) => {
      for (const pods of [BOTH, ["r1"]]) {
        await harness.apply(...objects(pods));
        for (const to of WAYS_IN) {
          for (const protocol of ["tcp", "udp"] as const) {
            const ask = { ...podTo(to), protocol };
            await expectPods(ask, pods);
            await expectSeen(ask, ask.from);
          }
        }
      }
    },
  },
  {
    name: "with policy Local the node itself reaches all pods, through every way in",
    upstream: [],
    run: async (harness) => {
      for (const pods of [BOTH, ["r1"]]) {
        await harness.apply(...objects(pods));
        for (const to of WAYS_IN) {
          await expectPods({ ...ITSELF, to }, pods);
          await expectPods({ ...ITSELF, protocol: "udp", to }, pods);
        }
      }
    },
  },
  {
    // Answers of pods elsewhere would go straight to the client, which did not ask them.
    name: "with policy Local a pod of another node reaches pods of this one, which see its address, and no others",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects(LOCAL));
      for (const to of WAYS_IN) {
        const family = to.startsWith("[") ? "IPv6" : "IPv4";
        await expectPods({ ...FAR, to }, LOCAL);
        await expectSeen({ ...FAR, to }, [addressOf("far", family)]);
      }
      await harness.apply(...objects(["r1"]));
      for (const to of WAYS_IN) await expectNoAnswer({ ...FAR, to });
    },
  },
  {
    name: "with policy Local the outside falls back to pods of this node that end but serve, and pods of the node do not",
    upstream: [
      "Services should fallback to local terminating endpoints when there are no ready endpoints with externalTrafficPolicy=Local",
    ],
    run: async (harness) => {
      const ending = [endpointOf("p1", ENDING), endpointOf("p1", { ...ENDING, family: "IPv6" })];
      await harness.apply(...objects([...ending, "r1"]));
      for (const to of WAYS_IN) {
        await expectPods({ ...OUTSIDE, to }, ["p1"]);
        await expectPods({ ...POD, to }, ["r1"]);
      }
      await harness.apply(...objects([...ending, "p2"]));
      for (const to of WAYS_IN) await expectPods({ ...OUTSIDE, to }, ["p2"]);
    },
  },
  {
    name: "policy Local becomes Cluster and Local again, for the pods and the addresses that they see",
    upstream: [
      "LoadBalancers ExternalTrafficPolicy: Local should handle updates to ExternalTrafficPolicy field",
    ],
    run: async (harness) => {
      let held: readonly Running<HoldResult>[] = [];
      for (const policy of ["Local", "Cluster", "Local"] as const) {
        await harness.apply(...objects(BOTH, policy));
        if (held.length === 0) held = await holdAll();
        const isLocal = policy === "Local";
        for (const to of WAYS_IN) {
          const ask = outsideTo(to);
          const node = to.startsWith("[") ? ETH0_V6 : ETH0;
          await expectPods(ask, isLocal ? ["p1"] : BOTH);
          await expectSeen(ask, isLocal ? ask.from : [node]);
          await expectPods({ ...POD, to }, BOTH);
        }
      }
      const results = await Promise.all(held.map((running) => running.stop()));
      const isWhole = ({ connections }: HoldResult): boolean =>
        connections.every(({ pod, broken, moved }) => BOTH.includes(pod) && !broken && !moved);
      assert.ok(results.every(isWhole), JSON.stringify(results));
    },
  },
  {
    name: "without policy Local terminating pods of every node are what the outside falls back to",
    upstream: [
      "Services should fallback to terminating endpoints when there are no ready endpoints with externallTrafficPolicy=Cluster",
    ],
    run: async (harness) => {
      const families = ["IPv4", "IPv6"] as const;
      const ending = BOTH.flatMap((pod) =>
        families.map((family) => endpointOf(pod, { ...ENDING, family })),
      );
      await harness.apply(...objects(ending, "Cluster"));
      for (const to of WAYS_IN) {
        for (const client of [OUTSIDE, POD, FAR]) await expectPods({ ...client, to }, BOTH);
      }
    },
  },
  {
    name: "with policy Local both kinds of clients follow the pods as they come and go",
    upstream: [],
    run: async (harness) => {
      const [to = ""] = WAYS_IN;
      for (const pods of [["r1"], BOTH, ["p1"], [...LOCAL, "r1"], ["p2"]]) {
        await harness.apply(...objects(pods));
        await expectPods({ ...POD, to }, pods);
        const here = pods.filter((pod) => pod.startsWith("p"));
        if (here.length > 0) await expectPods({ ...OUTSIDE, to }, here);
        else await expectSilence({ ...OUTSIDE, to });
        const { destinations = [] } = harness.virtualService(`tcp/${to}`) ?? {};
        const used = [...destinations].filter(([, { weight }]) => weight > 0);
        assert.equal(used.length, here.length);
      }
    },
  },
];
