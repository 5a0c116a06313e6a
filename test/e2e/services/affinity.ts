/** Session affinity by client address: on every kind of address, its timeout, and its end. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { NODE_ADDRESSES, NODE_ADDRESSES_V6 } from "../../lab/node-network.ts";
import { shell } from "../../lab/shell.ts";
import type { LoadResult } from "../../lab/traffic.ts";
import { type Ask, ask, expectPods } from "../harness/expect-traffic.ts";
import { type KubeObject, service, slice } from "../harness/objects.ts";
import { at, ITSELF, OUTSIDE, POD } from "../harness/places.ts";
import { clientAddresses, endpointOf, web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.130";
const V6 = "fd00:96::82";
const NODE_PORT = 30_150;
const EXTERNAL = "203.0.113.50";
const BALANCER = ["198.51.100.60", "2001:db8:1::60"];
const PODS = ["p1", "p2", "r1"];
const PORTS = [
  { name: "tcp", port: 80, nodePort: NODE_PORT },
  { name: "udp", port: 80, protocol: "UDP" as const, nodePort: NODE_PORT },
];

interface Options {
  /** Of the affinity; none when absent. */
  readonly timeoutS?: number;
  readonly policy?: "Cluster" | "Local";
}

function objects({ timeoutS, policy = "Cluster" }: Options, pods = PODS): KubeObject[] {
  const affinity = timeoutS !== undefined && {
    sessionAffinity: "ClientIP",
    sessionAffinityConfig: { clientIP: { timeoutSeconds: timeoutS } },
  };
  const type = { type: "LoadBalancer", externalIPs: [EXTERNAL], externalTrafficPolicy: policy };
  const ingress = BALANCER.map((ip) => ({ ip }));
  const words = { name: "web", addresses: [V4, V6], ports: PORTS, pods, ingress };
  return web({ ...words, spec: { ...type, ...affinity } });
}

/** Each client address gets all of its answers from one pod. */
async function expectSticky(options: Ask): Promise<void> {
  const found = await ask({ requests: 24, ...options });
  assert.equal(found.failed, 0, JSON.stringify(found));
  const bySource = options.from ? Object.values(found.sources) : [found.pods];
  for (const pods of bySource) assert.equal(Object.keys(pods).length, 1, JSON.stringify(found));
}

/** The one pod of each client. */
function podsBySource({ sources }: LoadResult): Record<string, string[]> {
  const pods = Object.entries(sources).map(([source, all]) => [source, Object.keys(all)] as const);
  return Object.fromEntries(pods);
}

const CHECKS = [
  "Networking Granular Checks: Services",
  "Dual stack Granular Checks: Services Secondary IP Family",
];

/** An address and who asks there, by what upstream calls it. */
const KINDS: readonly (readonly [what: string, asks: readonly Ask[], upstream: string])[] = [
  [
    "the cluster address",
    [V4, V6].flatMap((address) => [
      { ...POD, to: at(address) },
      { ...ITSELF, to: at(address) },
    ]),
    "service with type clusterIP",
  ],
  [
    "the node port",
    [NODE_ADDRESSES[0], NODE_ADDRESSES_V6[0]].flatMap((address) => [
      { ...POD, to: at(address, NODE_PORT) },
      { ...OUTSIDE, to: at(address, NODE_PORT) },
    ]),
    "NodePort service",
  ],
  [
    "the load-balancer address",
    [...BALANCER, EXTERNAL].map((address) => ({ ...OUTSIDE, to: at(address) })),
    "LoadBalancer",
  ],
];

const works: readonly ServiceCase[] = KINDS.map(([what, asks, upstream]) => ({
  name: `with affinity a client stays at its pod through ${what}, TCP and UDP`,
  upstream:
    upstream === "LoadBalancer"
      ? [
          "LoadBalancers should have session affinity work for LoadBalancer service with Cluster traffic policy",
        ]
      : [
          `Services should have session affinity work for ${upstream}`,
          ...CHECKS.flatMap((checks) => [
            `${checks} should function for client IP based session affinity: http`,
            `${checks} should function for client IP based session affinity: udp`,
          ]),
        ],
  run: async (harness) => {
    await harness.apply(...objects({ timeoutS: 600 }));
    for (const options of asks) {
      await expectSticky(options);
      await expectSticky({ ...options, protocol: "udp" });
    }
  },
}));

const switches: readonly ServiceCase[] = KINDS.map(([what, asks, upstream]) => ({
  name: `affinity of ${what} is taken away and given again`,
  upstream:
    upstream === "LoadBalancer"
      ? [
          "LoadBalancers should be able to switch session affinity for LoadBalancer service with Cluster traffic policy",
        ]
      : [`Services should be able to switch session affinity for ${upstream}`],
  run: async (harness) => {
    for (const timeoutS of [600, undefined, 600]) {
      await harness.apply(...objects({ ...(timeoutS !== undefined && { timeoutS }) }));
      for (const options of asks) {
        if (timeoutS === undefined) await expectPods(options, PODS);
        else await expectSticky(options);
      }
    }
  },
}));

/** Session affinity. */
export const affinityCases: readonly ServiceCase[] = [
  ...works,
  ...switches,
  {
    name: "many clients with affinity are spread over all pods, each on its own",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects({ timeoutS: 600 }));
      for (const [family, address] of [
        ["IPv4", V4],
        ["IPv6", V6],
      ] as const) {
        const clients = { ...POD, from: clientAddresses(family), to: at(address) };
        await expectSticky({ ...clients, requests: 64 });
        await expectPods(clients, PODS);
      }
    },
  },
  {
    name: "affinity ends with its timeout once no connection of the client is known any more, and a closed one of TCP is known for longer",
    upstream: [
      "Services should have session affinity timeout work for service with type clusterIP",
      "Services should have session affinity timeout work for NodePort service",
    ],
    run: async (harness) => {
      const TIMEOUT_S = 2;
      // IPVS keeps a client at its pod as long as it knows a connection: UDP's can be made to be short.
      await harness.restartWith({ "--ipvs-udp-timeout": "1s" });
      try {
        await harness.apply(...objects({ timeoutS: TIMEOUT_S }));
        for (const to of [at(V4), at(NODE_ADDRESSES[0], NODE_PORT)]) {
          const client = { ...POD, protocol: "udp", to } as const;
          await expectSticky(client);
          const seen = new Set<string>();
          for (let tries = 0; tries < 6 && seen.size < 2; tries += 1) {
            const { pods } = await ask({ ...client, requests: 1 });
            for (const pod of Object.keys(pods)) seen.add(pod);
            await sleep(TIMEOUT_S * 1_000 + 500);
          }
          assert.equal(seen.size, 2, `always ${[...seen].join()}`);
        }
        // Two minutes of TIME_WAIT are not configurable: so long a TCP client stays where it was.
        const found = [];
        for (const _ of [1, 2, 3]) {
          found.push(...Object.keys((await ask({ ...POD, to: at(V4), requests: 1 })).pods));
          await sleep(TIMEOUT_S * 1_000 + 500);
        }
        assert.equal(found.length, 3);
        assert.equal(new Set(found).size, 1, found.join());
      } finally {
        await shell("ipvsadm --set 0 0 300\n");
      }
    },
  },
  {
    name: "with policy Local affinity holds for the outside and for pods, and switches with the rest",
    upstream: [
      "LoadBalancers should have session affinity work for LoadBalancer service with Local traffic policy",
      "LoadBalancers should be able to switch session affinity for LoadBalancer service with Local traffic policy",
    ],
    run: async (harness) => {
      for (const timeoutS of [600, undefined, 600]) {
        const affinity = timeoutS !== undefined && { timeoutS };
        await harness.apply(...objects({ ...affinity, policy: "Local" }));
        for (const address of BALANCER) {
          const outside = { ...OUTSIDE, to: at(address) };
          const pod = { ...POD, to: at(address) };
          if (timeoutS === undefined) {
            await expectPods(outside, ["p1", "p2"]);
            await expectPods(pod, PODS);
          } else {
            await expectSticky(outside);
            await expectSticky(pod);
          }
        }
      }
    },
  },
  {
    name: "affinity holds while pods are spread over many slices, which come and go and are merged",
    upstream: [],
    run: async (harness) => {
      const sliceOf = (suffix: string, ...pods: string[]): KubeObject =>
        slice({ service: "web", suffix, endpoints: pods.map((pod) => endpointOf(pod)) });
      const spec = {
        sessionAffinity: "ClientIP",
        sessionAffinityConfig: { clientIP: { timeoutSeconds: 600 } },
      };
      const single = ["p1", "p2", "p3", "r1", "r2"].map((pod) => sliceOf(pod, pod));
      await harness.apply(service({ name: "web", addresses: [V4], spec }), ...single);
      const clients = { ...POD, from: clientAddresses("IPv4"), to: at(V4), requests: 40 };
      const before = await ask(clients);
      await expectSticky(clients);
      assert.ok(Object.keys(before.pods).length > 2, JSON.stringify(before.pods));
      await harness.apply(sliceOf("p4", "p4"), sliceOf("all", "p1", "p2", "p3", "r1", "r2"));
      await harness.remove(...single);
      await expectSticky(clients);
      assert.deepEqual(podsBySource(await ask(clients)), podsBySource(before));
    },
  },
  {
    name: "a client with affinity moves when its pod goes",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects({ timeoutS: 600 }));
      const { pods } = await ask({ ...POD, to: at(V4) });
      const [first = ""] = Object.keys(pods);
      const others = PODS.filter((pod) => pod !== first);
      await harness.apply(...objects({ timeoutS: 600 }, others));
      await expectSticky({ ...POD, to: at(V4) });
      const after = await ask({ ...POD, to: at(V4) });
      assert.ok(!Object.keys(after.pods).includes(first), JSON.stringify(after));
    },
  },
];
