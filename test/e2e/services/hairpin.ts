/** A pod that asks a Service of which it is an endpoint itself. */
import { NODE_ADDRESSES, NODE_ADDRESSES_V6 } from "../../lab/node-network.ts";
import { expectPods, expectSeen } from "../harness/expect-traffic.ts";
import type { KubeObject } from "../harness/objects.ts";
import { at } from "../harness/places.ts";
import { addressOf, NODE, web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.160";
const V6 = "fd00:96::a0";
const NODE_PORT = 30_170;
const EXTERNAL = ["203.0.113.70", "2001:db8::70"];
const BALANCER = ["198.51.100.80", "2001:db8:1::80"];
const PROTOCOLS = ["TCP", "UDP", "SCTP"] as const;
const SERVICE_ADDRESSES = [V4, V6, ...EXTERNAL, ...BALANCER];
const WAYS = [
  ...SERVICE_ADDRESSES.map((address) => at(address)),
  ...[NODE_ADDRESSES[0], NODE_ADDRESSES_V6[0]].map((address) => at(address, NODE_PORT)),
];
const OWN_PORT = 8_088;
const ITS_OWN = { namespace: "p1" };

function objects(
  pods: readonly string[],
  externalTrafficPolicy: "Cluster" | "Local" = "Cluster",
): KubeObject[] {
  const ports = PROTOCOLS.map((protocol) => ({
    name: protocol.toLowerCase(),
    ...{ port: 80, protocol, nodePort: NODE_PORT },
  }));
  const ingress = BALANCER.map((ip) => ({ ip }));
  const spec = { type: "LoadBalancer", externalIPs: EXTERNAL, externalTrafficPolicy };
  return web({ name: "web", addresses: [V4, V6], ports, pods, ingress, spec });
}

const itself: readonly ServiceCase[] = (["tcp", "udp", "sctp"] as const).map((protocol) => ({
  name: `a pod reaches itself through every address of its own Service by ${protocol.toUpperCase()}`,
  upstream: [
    ...(protocol === "tcp"
      ? ["Services should allow pods to hairpin back to themselves through services"]
      : []),
    ...["Networking", "Dual stack"].flatMap((suite) => {
      const checks = suite === "Networking" ? "Services" : "Services Secondary IP Family";
      const what = protocol === "tcp" ? "http" : protocol;
      if (suite === "Dual stack" && protocol === "sctp") return [];
      return [`${suite} Granular Checks: ${checks} should function for endpoint-Service: ${what}`];
    }),
  ],
  run: async (harness) => {
    await harness.apply(...objects(["p1"]));
    for (const to of WAYS) await expectPods({ ...ITS_OWN, protocol, to, requests: 4 }, ["p1"]);
  },
}));

/** Hairpin. */
export const hairpinCases: readonly ServiceCase[] = [
  ...itself,
  {
    name: "with policy Local too a pod reaches itself through every address of its own Service",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects(["p1"], "Local"));
      for (const to of WAYS) {
        for (const protocol of ["tcp", "udp"] as const) {
          await expectPods({ ...ITS_OWN, protocol, to, requests: 4 }, ["p1"]);
        }
      }
    },
  },
  {
    name: "only what comes back to its sender is masqueraded: other pods see the asking pod's address",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects(["p1", "p2"]));
      for (const [to, family, node] of [
        [at(V4), "IPv4", NODE_ADDRESSES[0]],
        [at(V6), "IPv6", NODE_ADDRESSES_V6[0]],
      ] as const) {
        await expectPods({ ...ITS_OWN, to }, ["p1", "p2"]);
        await expectSeen({ ...ITS_OWN, to }, [addressOf("p1", family), node]);
      }
      await harness.apply(...objects(["p2"]));
      await expectSeen({ ...ITS_OWN, to: at(V4) }, [addressOf("p1")]);
    },
  },
  {
    name: "a server in the node's own network reaches itself through its Service, and past it is asked as by itself",
    upstream: [],
    run: async (harness) => {
      await harness.network.serveOnNode("own", [OWN_PORT]);
      const own = [NODE_ADDRESSES[1], NODE_ADDRESSES_V6[1]];
      const endpoints = own.map((address) => ({ address, node: NODE }));
      const words = { name: "web", addresses: [V4, V6], pods: endpoints, targetPort: OWN_PORT };
      // Without a range that tells pods, nothing else would masquerade what the node asks for.
      for (const flags of [{}, { "--cluster-cidr": undefined }]) {
        if (Object.keys(flags).length > 0) await harness.restartWith(flags);
        await harness.apply(...web(words));
        for (const [way, address] of [V4, V6].map((to, n) => [to, own[n] ?? ""] as const)) {
          const itself = { from: [address] };
          await expectPods({ ...itself, to: at(way) }, ["own"]);
          await expectPods({ to: at(way) }, ["own"]);
          await expectSeen({ ...itself, to: at(address, OWN_PORT) }, [address]);
        }
      }
    },
  },
  {
    name: "a pod of another node that is an endpoint is none of this node's hairpins",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...objects(["p1", "r1"]));
      for (const to of WAYS) await expectPods({ ...ITS_OWN, to }, ["p1", "r1"]);
    },
  },
];
