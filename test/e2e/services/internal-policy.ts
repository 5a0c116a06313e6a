/** `internalTrafficPolicy: Local`, and endpoints that have a node's own address. */
import {
  NODE_ADDRESSES,
  NODE_ADDRESSES_V6,
  PEER,
  PEER_ADDRESS,
  PEER_ADDRESS_V6,
} from "../../lab/node-network.ts";
import {
  expectNoAnswer,
  expectPods,
  expectRefused,
  expectSilence,
} from "../harness/expect-traffic.ts";
import type { EndpointWords, KubeObject } from "../harness/objects.ts";
import { at, ITSELF, OUTSIDE, POD } from "../harness/places.ts";
import { endpointOf, NODE, web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.110";
const V6 = "fd00:96::6e";
const NODE_PORT = 30_130;
const [ETH0] = NODE_ADDRESSES;
const PORTS = [
  { name: "tcp", port: 80, nodePort: NODE_PORT },
  { name: "udp", port: 80, protocol: "UDP" as const, nodePort: NODE_PORT },
];
const ENDING = { ready: false, serving: true, terminating: true };
/** Endpoints with the nodes' network, by the names of their servers. */
const ON_NODE: EndpointWords = { address: ETH0, node: NODE };
const ON_PEER: EndpointWords = { address: PEER_ADDRESS, node: PEER };
const ON_NODES = [
  ...[ON_NODE, ON_PEER],
  { address: NODE_ADDRESSES_V6[0], node: NODE },
  { address: PEER_ADDRESS_V6, node: PEER },
];

function objects(
  pods: readonly (string | EndpointWords)[],
  internalTrafficPolicy: "Cluster" | "Local" = "Local",
): KubeObject[] {
  const spec = { type: "NodePort", internalTrafficPolicy };
  return web({ name: "web", addresses: [V4, V6], ports: PORTS, pods, spec });
}

/** Policies for traffic inside the cluster. */
export const internalPolicyCases: readonly ServiceCase[] = [
  {
    name: "with internal policy Local pods and the node reach the pods of this node alone, and node ports all",
    upstream: [
      "Services should respect internalTrafficPolicy=Local Pod to Pod",
      "Services should respect internalTrafficPolicy=Local Pod (hostNetwork: true) to Pod",
    ],
    run: async (harness) => {
      await harness.apply(...objects(["p1", "p2", "r1"]));
      for (const to of [at(V4), at(V6)]) {
        for (const client of [POD, ITSELF]) {
          await expectPods({ ...client, to }, ["p1", "p2"]);
          await expectPods({ ...client, protocol: "udp", to }, ["p1", "p2"]);
        }
      }
      await expectPods({ ...OUTSIDE, to: at(ETH0, NODE_PORT) }, ["p1", "p2", "r1"]);
      await harness.apply(...objects(["p1", "p2", "r1"], "Cluster"));
      await expectPods({ ...POD, to: at(V4) }, ["p1", "p2", "r1"]);
    },
  },
  {
    name: "with internal policy Local and pods only elsewhere nobody is answered, and without any all are refused",
    upstream: [
      "Services should respect internalTrafficPolicy=Local Pod to Pod",
      "Services should respect internalTrafficPolicy=Local Pod (hostNetwork: true) to Pod",
    ],
    run: async (harness) => {
      await harness.apply(...objects(["r1", "r2"]));
      for (const to of [at(V4), at(V6)]) {
        await expectSilence({ ...POD, to });
        await expectSilence({ ...POD, protocol: "udp", to });
        await expectNoAnswer({ ...ITSELF, to });
        await expectNoAnswer({ ...ITSELF, protocol: "udp", to });
      }
      await expectPods({ ...POD, to: at(ETH0, NODE_PORT) }, ["r1", "r2"]);
      await harness.apply(...objects([]));
      for (const to of [at(V4), at(V6)]) {
        await expectRefused({ ...POD, to });
        await expectRefused({ ...POD, protocol: "udp", to });
      }
      await harness.apply(...objects(["p1", "r1"]));
      for (const to of [at(V4), at(V6)]) await expectPods({ ...POD, to }, ["p1"]);
    },
  },
  {
    name: "with internal policy Local the fallback is to pods of this node that end but serve",
    upstream: [
      "Services should fallback to local terminating endpoints when there are no ready endpoints with internalTrafficPolicy=Local",
    ],
    run: async (harness) => {
      await harness.apply(...objects([endpointOf("p1", ENDING), "r1"]));
      for (const client of [POD, ITSELF]) await expectPods({ ...client, to: at(V4) }, ["p1"]);
      await harness.apply(...objects([endpointOf("r1", ENDING)]));
      for (const client of [POD, ITSELF]) await expectNoAnswer({ ...client, to: at(V4) });
    },
  },
  {
    name: "endpoints with the network of a node serve pods, the node itself and the outside",
    upstream: [
      "Networking Granular Checks: Services should function for service endpoints using hostNetwork",
      "Dual stack Granular Checks: Services Secondary IP Family should function for service endpoints using hostNetwork",
    ],
    run: async (harness) => {
      await harness.network.serveOnNode("own", [8080]);
      await harness.network.serveOnNode("peers", [8080], "peer");
      await harness.apply(...objects(ON_NODES, "Cluster"));
      for (const protocol of ["tcp", "udp"] as const) {
        for (const address of [V4, V6]) {
          for (const client of [POD, ITSELF]) {
            await expectPods({ ...client, protocol, to: at(address) }, ["own", "peers"]);
          }
        }
        for (const address of [ETH0, NODE_ADDRESSES_V6[0]]) {
          for (const client of [OUTSIDE, POD, ITSELF]) {
            await expectPods({ ...client, protocol, to: at(address, NODE_PORT) }, ["own", "peers"]);
          }
        }
      }
    },
  },
  {
    name: "with internal policy Local an endpoint with the network of its node serves that node alone",
    upstream: [
      "Services should respect internalTrafficPolicy=Local Pod and Node, to Pod (hostNetwork: true)",
    ],
    run: async (harness) => {
      await harness.network.serveOnNode("own", [10_180]);
      await harness.network.serveOnNode("peers", [10_180], "peer");
      const on = (endpoint: EndpointWords): KubeObject[] =>
        web({
          ...{ name: "web", addresses: [V4], pods: [endpoint], targetPort: 10_180 },
          spec: { internalTrafficPolicy: "Local" },
        });
      await harness.apply(...on(ON_NODE));
      for (const client of [POD, ITSELF]) await expectPods({ ...client, to: at(V4) }, ["own"]);
      await harness.apply(...on(ON_PEER));
      for (const client of [POD, ITSELF]) await expectNoAnswer({ ...client, to: at(V4) });
    },
  },
];
