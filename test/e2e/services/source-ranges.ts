/** `spec.loadBalancerSourceRanges`: who may use load-balancer addresses, and only those. */
import { NODE_ADDRESSES, OUTSIDE as OUTSIDE_ADDRESSES } from "../../lab/node-network.ts";
import {
  type Ask,
  expectNoAnswer,
  expectPods,
  expectSilence,
  withoutAnswer,
} from "../harness/expect-traffic.ts";
import type { KubeObject } from "../harness/objects.ts";
import { at, ITSELF, OUTSIDE, POD } from "../harness/places.ts";
import { clientAddresses, web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.140";
const V6 = "fd00:96::8c";
const NODE_PORT = 30_160;
const EXTERNAL = "203.0.113.60";
const [BALANCER, BALANCER_V6] = ["198.51.100.70", "2001:db8:1::70"] as const;
const PODS = ["p1", "r1"];
const [OUT_1 = "", OUT_2 = "", OUT_3 = ""] = OUTSIDE_ADDRESSES;
const [POD_1 = "", POD_2 = ""] = clientAddresses();
const PORTS = [
  { name: "tcp", port: 80, nodePort: NODE_PORT },
  { name: "udp", port: 80, protocol: "UDP" as const, nodePort: NODE_PORT },
];

function objects(ranges: readonly string[], policy: "Cluster" | "Local" = "Cluster"): KubeObject[] {
  const ingress = [BALANCER, BALANCER_V6].map((ip) => ({ ip }));
  const words = { name: "web", addresses: [V4, V6], ports: PORTS, pods: PODS, ingress };
  const spec = {
    type: "LoadBalancer",
    externalIPs: [EXTERNAL],
    externalTrafficPolicy: policy,
    loadBalancerSourceRanges: [...ranges],
  };
  return web({ ...words, spec });
}

function outside(...from: string[]): Ask {
  const isV6 = from[0]?.includes(":") === true;
  return { ...OUTSIDE, from, to: at(isV6 ? BALANCER_V6 : BALANCER) };
}

function pod(...from: string[]): Ask {
  return { ...POD, from, to: at(BALANCER) };
}

/** In and out by both protocols. */
async function expectLetIn(ask: Ask): Promise<void> {
  await expectPods(ask, PODS);
  await expectPods({ ...ask, protocol: "udp" }, PODS);
}

async function expectKeptOut(ask: Ask): Promise<void> {
  await expectSilence(ask);
  await expectSilence({ ...ask, protocol: "udp" });
}

/** How often something comes and goes, so that a moment too early would be met. */
const ROUNDS = 8;
const MORE = 8_443;

/** A Service for one client, on these ports. */
function guarded(...ports: readonly number[]): KubeObject[] {
  return web({
    ...{ name: "guarded", addresses: ["10.96.0.142"], pods: PODS },
    ports: ports.map((port) => ({ name: `port-${port}`, port })),
    ingress: [{ ip: BALANCER }],
    spec: { type: "LoadBalancer", loadBalancerSourceRanges: [`${OUT_1}/32`] },
  });
}

/** Source ranges. */
export const sourceRangeCases: readonly ServiceCase[] = [
  {
    name: "only clients in the source ranges reach a load-balancer address, outside and in pods",
    upstream: ["LoadBalancers should only allow access from service loadbalancer source ranges"],
    run: async (harness) => {
      await harness.apply(...objects([`${OUT_1}/32`, `${POD_1}/32`]));
      await expectLetIn(outside(OUT_1));
      await expectKeptOut(outside(OUT_2));
      await expectLetIn(pod(POD_1));
      await expectKeptOut(pod(POD_2));
      await harness.apply(...objects([`${OUT_2}/32`, `${POD_2}/32`]));
      await expectKeptOut(outside(OUT_1));
      await expectLetIn(outside(OUT_2));
      await expectKeptOut(pod(POD_1));
      await expectLetIn(pod(POD_2));
      await harness.apply(...objects([]));
      await expectLetIn(outside(OUT_1, OUT_2));
      await expectLetIn(pod(POD_1, POD_2));
    },
  },
  {
    name: "ranges may overlap, touch and repeat, and every one of them counts",
    upstream: [],
    run: async (harness) => {
      const ranges = ["192.168.77.200/31", "192.168.77.201/32", `${OUT_1}/32`, "10.1.0.0/24"];
      await harness.apply(...objects([...ranges, "fd00:77::200/127", ` ${POD_1}/32 `]));
      await expectLetIn(outside(OUT_1, OUT_2));
      await expectLetIn(outside("fd00:77::200", "fd00:77::201"));
      await expectKeptOut(outside(OUT_3));
      await expectKeptOut(outside("fd00:77::202"));
    },
  },
  {
    name: "the node itself reaches a load-balancer address only when a range has an address of it",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects([`${OUT_1}/32`]));
      for (const protocol of ["tcp", "udp"] as const) {
        await expectNoAnswer({ ...ITSELF, protocol, to: at(BALANCER) });
      }
      await harness.apply(...objects([`${OUT_1}/32`, `${NODE_ADDRESSES[0]}/32`]));
      await expectLetIn({ ...ITSELF, to: at(BALANCER) });
      await expectNoAnswer({ ...ITSELF, to: at(BALANCER_V6) });
      await harness.apply(...objects([]));
      await expectLetIn({ ...ITSELF, to: at(BALANCER_V6) });
    },
  },
  {
    name: "a range of a whole family lets all of that family in, and nobody of the other",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects(["0.0.0.0/0"]));
      await expectLetIn(outside(OUT_1, OUT_2));
      await expectLetIn(pod(POD_1, POD_2));
      await expectLetIn({ ...ITSELF, to: at(BALANCER) });
      await expectKeptOut({ ...OUTSIDE, to: at(BALANCER_V6) });
      await harness.apply(...objects(["0.0.0.0/0", "::/0"]));
      await expectLetIn({ ...OUTSIDE, to: at(BALANCER_V6) });
    },
  },
  {
    name: "ranges of one family alone keep everybody of the other out",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects(["fd00:77::200/128"]));
      await expectLetIn(outside("fd00:77::200"));
      await expectKeptOut(outside("fd00:77::201"));
      await expectKeptOut(outside(OUT_1));
      await expectKeptOut(pod(POD_1));
      await expectNoAnswer({ ...ITSELF, to: at(BALANCER) });
    },
  },
  {
    name: "source ranges leave the cluster address, external addresses and node ports open to all",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects(["198.18.0.0/32", "2001:db8:ffff::/64"]));
      await expectKeptOut(outside(OUT_1));
      for (const client of [OUTSIDE, POD, ITSELF]) {
        await expectPods({ ...client, to: at(V4) }, PODS);
        await expectPods({ ...client, to: at(V6) }, PODS);
        await expectPods({ ...client, to: at(EXTERNAL) }, PODS);
        await expectPods({ ...client, to: at(NODE_ADDRESSES[0], NODE_PORT) }, PODS);
      }
    },
  },
  {
    name: "with policy Local the ranges count as well, and two Services have their own",
    upstream: [],
    run: async (harness) => {
      const other = web({
        ...{ name: "other", addresses: ["10.96.0.141"], pods: ["p2"] },
        ingress: [{ ip: "198.51.100.71" }],
        spec: { type: "LoadBalancer", loadBalancerSourceRanges: [`${OUT_2}/32`] },
      });
      await harness.apply(...objects([`${OUT_1}/32`, `${POD_1}/32`], "Local"), ...other);
      await expectPods(outside(OUT_1), ["p1"]);
      await expectKeptOut(outside(OUT_2));
      await expectLetIn(pod(POD_1));
      await expectKeptOut(pod(POD_2));
      const to = at("198.51.100.71");
      await expectPods({ ...OUTSIDE, from: [OUT_2], to }, ["p2"]);
      await expectSilence({ ...OUTSIDE, from: [OUT_1], to });
    },
  },
  {
    name: "a port that comes to a bound address with source ranges lets nobody else in, from its first moment to its last",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...guarded(80));
      const forbidden = { ...OUTSIDE, from: [OUT_2], to: at(BALANCER, MORE) };
      await withoutAnswer(forbidden, async () => {
        for (let round = 0; round < ROUNDS; round++) {
          await harness.apply(...guarded(80, MORE));
          await expectPods({ ...OUTSIDE, from: [OUT_1], to: at(BALANCER, MORE) }, PODS);
          await harness.apply(...guarded(80));
        }
      });
    },
  },
  {
    name: "a Service with source ranges that is deleted and made again lets nobody else in meanwhile",
    upstream: [],
    run: async (harness) => {
      const forbidden = { ...OUTSIDE, from: [OUT_2], to: at(BALANCER) };
      await withoutAnswer(forbidden, async () => {
        for (let round = 0; round < ROUNDS; round++) {
          await harness.apply(...guarded(80));
          await expectPods({ ...OUTSIDE, from: [OUT_1], to: at(BALANCER) }, PODS);
          await harness.remove(...guarded(80));
        }
      });
    },
  },
];
