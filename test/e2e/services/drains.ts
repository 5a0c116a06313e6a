/** Endpoints that leave while they have connections, and what becomes of those. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type HoldResult, hold, type Running } from "../../lab/traffic.ts";
import { eventually, expectPods, withoutFailure } from "../harness/expect-traffic.ts";
import type { Harness } from "../harness/harness.ts";
import type { EndpointWords, KubeObject } from "../harness/objects.ts";
import { at, OUTSIDE } from "../harness/places.ts";
import { clientAddresses, endpointOf, web } from "../harness/pods.ts";
import { replacePods } from "../harness/replace-pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.40";
const TO = `${V4}:80`;
const CLIENT = { namespace: "client", to: TO };
const P1 = "10.1.0.1:8080";
/** The agent looks at what drains once a second. */
const LATE_MS_MAX = 2_000;

interface Options {
  readonly protocol?: "TCP" | "UDP" | "SCTP";
  /** Of `kube-ipvs.io/drain-timeout`. */
  readonly drain?: string;
}

function objects(
  pods: readonly (string | EndpointWords)[],
  { protocol = "TCP", drain }: Options = {},
): KubeObject[] {
  const annotations = drain === undefined ? {} : { "kube-ipvs.io/drain-timeout": drain };
  return web({ name: "web", addresses: [V4], ports: [{ port: 80, protocol }], annotations, pods });
}

/** Connections to every pod, kept busy. Of one address each: SCTP would tell servers to use all of them. */
function open(protocol: "tcp" | "sctp" = "tcp"): Promise<Running<HoldResult>> {
  const client = { ...CLIENT, protocol, from: clientAddresses().slice(0, 1) };
  return hold({ ...client, connections: 4, intervalMs: 50, durationMs: 60_000 });
}

function weightOfP1(harness: Harness, protocol = "tcp"): number | undefined {
  return harness.virtualService(`${protocol}/${TO}`)?.destinations.get(P1)?.weight;
}

async function untilGone(harness: Harness, msMax: number, protocol = "tcp"): Promise<void> {
  const what = "the removed endpoint has left the kernel";
  await eventually(what, () => weightOfP1(harness, protocol) === undefined, msMax);
}

const untilClosed: readonly ServiceCase[] = (["tcp", "sctp"] as const).map((protocol) => ({
  name: `a removed endpoint serves its open ${protocol.toUpperCase()} connections to their end, and gets no new ones`,
  upstream: [],
  run: async (harness) => {
    const options = { protocol: protocol.toUpperCase() as "TCP", drain: "30s" };
    await harness.apply(...objects(["p1", "p2"], options));
    const held = await open(protocol);
    await harness.apply(...objects(["p2"], options));
    assert.equal(weightOfP1(harness, protocol), 0);
    await expectPods({ ...CLIENT, protocol }, ["p2"]);
    await sleep(LATE_MS_MAX);
    assert.equal(weightOfP1(harness, protocol), 0);
    const { connections } = await held.stop();
    const ofP1 = connections.filter(({ pod }) => pod === "p1");
    assert.ok(ofP1.length > 0, JSON.stringify(connections));
    const failed = connections.filter(({ broken, moved }) => broken !== null || moved);
    assert.deepEqual(failed, []);
    if (protocol === "tcp") await untilGone(harness, 30_000 + LATE_MS_MAX, protocol);
  },
}));

const BALANCER = "198.51.100.40";

const replacements: readonly ServiceCase[] = (["Cluster", "Local"] as const).map((policy) => ({
  name: `behind a load-balancer address of policy ${policy} all pods are replaced, and the outside sees no failure`,
  upstream: [
    `LoadBalancers should not have connectivity disruption during rolling update with externalTrafficPolicy=${policy}`,
  ],
  run: async (harness) => {
    const objectsWith = (pods: readonly (string | EndpointWords)[]): KubeObject[] =>
      web({
        ...{ name: "web", addresses: [V4], pods, ingress: [{ ip: BALANCER }] },
        spec: { type: "LoadBalancer", externalTrafficPolicy: policy },
      });
    await harness.apply(...objectsWith(["p1", "p2"]));
    const load = { ...OUTSIDE, to: at(BALANCER), timeoutMs: 2_000 };
    const { pods: asked } = await withoutFailure(load, () => replacePods(harness, objectsWith));
    assert.deepEqual(Object.keys(asked).toSorted(), ["p1", "p2", "p3", "p4"]);
  },
}));

/** Draining and terminating endpoints. */
export const drainCases: readonly ServiceCase[] = [
  ...untilClosed,
  {
    name: "a drain ends at its deadline, whatever is open",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects(["p1", "p2"], { drain: "3s" }));
      const held = await open();
      const startMs = performance.now();
      await harness.apply(...objects(["p2"], { drain: "3s" }));
      assert.equal(weightOfP1(harness), 0);
      await untilGone(harness, 3_000 + LATE_MS_MAX);
      assert.ok(performance.now() - startMs >= 2_900);
      await held.stop();
    },
  },
  {
    name: "a drain timeout of 0 removes the endpoint at once",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects(["p1", "p2"], { drain: "0" }));
      const held = await open();
      await harness.apply(...objects(["p2"], { drain: "0" }));
      await untilGone(harness, 500);
      await held.stop();
    },
  },
  {
    name: "an endpoint that returns while it drains takes connections again, and its open ones go on",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects(["p1", "p2"], { drain: "30s" }));
      const held = await open();
      await harness.apply(...objects(["p2"], { drain: "30s" }));
      assert.equal(weightOfP1(harness), 0);
      await harness.apply(...objects(["p1", "p2"], { drain: "30s" }));
      assert.equal(weightOfP1(harness), 1);
      await expectPods(CLIENT, ["p1", "p2"]);
      const { connections } = await held.stop();
      assert.ok(connections.every(({ broken, moved }) => broken === null && !moved));
    },
  },
  {
    name: "a drain goes on over a restart of the agent",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects(["p1", "p2"], { drain: "30s" }));
      const held = await open();
      await harness.apply(...objects(["p2"], { drain: "30s" }));
      await harness.agent.end("SIGKILL");
      await harness.agent.firstSync(harness.agent.start());
      assert.equal(weightOfP1(harness), 0);
      const { connections } = await held.stop();
      assert.ok(connections.every(({ broken, moved }) => broken === null && !moved));
    },
  },
  {
    name: "a removed UDP endpoint goes at once",
    upstream: [],
    run: async (harness) => {
      const udp = { protocol: "UDP" } as const;
      await harness.apply(...objects(["p1", "p2"], udp));
      await expectPods({ ...CLIENT, protocol: "udp" }, ["p1", "p2"]);
      await harness.apply(...objects(["p2"], udp));
      await untilGone(harness, 500, "udp");
      await expectPods({ ...CLIENT, protocol: "udp" }, ["p2"]);
    },
  },
  {
    name: "endpoints that end but serve are used while no other is ready, and only then",
    upstream: [
      "Services should fallback to terminating endpoints when there are no ready endpoints with internalTrafficPolicy=Cluster",
    ],
    run: async (harness) => {
      const ending = { ready: false, serving: true, terminating: true };
      await harness.apply(...objects([endpointOf("p1", ending), endpointOf("r1", ending)]));
      await expectPods(CLIENT, ["p1", "r1"]);
      await expectPods({ to: TO }, ["p1", "r1"]);
      await harness.apply(...objects([endpointOf("p1", ending), endpointOf("p2")]));
      await expectPods(CLIENT, ["p2"]);
    },
  },
  {
    name: "all pods are replaced under load, and no request fails",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects(["p1", "p2"]));
      const load = { ...CLIENT, timeoutMs: 2_000 };
      const { pods: asked } = await withoutFailure(load, () => replacePods(harness, objects));
      assert.deepEqual(Object.keys(asked).toSorted(), ["p1", "p2", "p3", "p4"]);
    },
  },
  ...replacements,
];
