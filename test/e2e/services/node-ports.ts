/** Node ports: for whom, what the pods see, and what of the node's other ports stays as it is. */
import assert from "node:assert/strict";
import { NODE_ADDRESSES, NODE_ADDRESSES_V6, PEER_ADDRESS } from "../../lab/node-network.ts";
import {
  expectNoAnswer,
  expectPods,
  expectRefused,
  expectSeen,
} from "../harness/expect-traffic.ts";
import { type KubeObject, type PortWords, service } from "../harness/objects.ts";
import { FAR, ITSELF, OUTSIDE, POD } from "../harness/places.ts";
import { web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.70";
const V6 = "fd00:96::46";
const NODE_PORT = 30_080;
const [ETH0, ETH1] = NODE_ADDRESSES;
const [ETH0_V6, ETH1_V6] = NODE_ADDRESSES_V6;
const EVERY_ADDRESS = [ETH0, ETH1, `[${ETH0_V6}]`, `[${ETH1_V6}]`];
const PODS = ["p1", "p2", "r1"];

/** A Service of type NodePort. */
function nodePorts(ports: readonly PortWords[], pods: readonly string[] = PODS): KubeObject[] {
  const addresses = [V4, V6];
  return web({ name: "web", addresses, ports, pods, spec: { type: "NodePort" } });
}

const TCP = { port: 80, nodePort: NODE_PORT };
const UDP = { name: "udp", port: 80, protocol: "UDP", nodePort: NODE_PORT } as const;

const UPSTREAM = {
  tcp: [
    "Services should be able to create a functioning NodePort service",
    "Networking Granular Checks: Services should function for pod-Service: http",
    "Networking Granular Checks: Services should function for node-Service: http",
    "Dual stack Granular Checks: Services Secondary IP Family should function for pod-Service: http",
    "Dual stack Granular Checks: Services Secondary IP Family should function for node-Service: http",
  ],
  udp: [
    "Networking Granular Checks: Services should support basic nodePort: udp functionality",
    "Networking Granular Checks: Services should function for pod-Service: udp",
    "Networking Granular Checks: Services should function for node-Service: udp",
    "Dual stack Granular Checks: Services Secondary IP Family should function for pod-Service: udp",
    "Dual stack Granular Checks: Services Secondary IP Family should function for node-Service: udp",
  ],
  sctp: [
    "Networking Granular Checks: Services should function for pod-Service: sctp",
    "Networking Granular Checks: Services should function for node-Service: sctp",
    "Dual stack Granular Checks: Services Secondary IP Family should function for pod-Service: sctp",
  ],
};

const protocols: readonly ServiceCase[] = (["tcp", "udp", "sctp"] as const).map((protocol) => ({
  name: `a node port serves ${protocol.toUpperCase()} on every address of the node, from outside, from pods and from the node`,
  upstream: [...UPSTREAM[protocol]],
  run: async (harness) => {
    await harness.apply(
      ...nodePorts([{ ...TCP, protocol: protocol.toUpperCase() as "TCP" }], PODS),
    );
    for (const address of EVERY_ADDRESS) {
      const to = `${address}:${NODE_PORT}`;
      for (const client of [OUTSIDE, POD, ITSELF, FAR]) {
        await expectPods({ ...client, protocol, to, requests: 6 }, PODS);
      }
    }
  },
}));

/** Node ports. */
export const nodePortCases: readonly ServiceCase[] = [
  ...protocols,
  {
    name: "a changed node port closes the old one and opens the new one",
    upstream: ["Networking Granular Checks: Services should update nodePort: http"],
    run: async (harness) => {
      await harness.apply(...nodePorts([TCP]));
      await expectPods({ ...OUTSIDE, to: `${ETH0}:${NODE_PORT}` }, PODS);
      await harness.apply(...nodePorts([{ port: 80, nodePort: 30_081 }]));
      for (const host of EVERY_ADDRESS) {
        await expectPods({ ...OUTSIDE, to: `${host}:30081` }, PODS);
        await expectRefused({ ...OUTSIDE, to: `${host}:${NODE_PORT}` });
      }
    },
  },
  {
    name: "behind a node port the pods see the node's address, for clients of every kind",
    upstream: [],
    run: async (harness) => {
      await harness.apply(...nodePorts([{ ...TCP, name: "tcp" }, UDP], ["p1", "r1"]));
      for (const protocol of ["tcp", "udp"] as const) {
        for (const client of [OUTSIDE, POD, ITSELF]) {
          await expectSeen({ ...client, protocol, to: `${ETH0}:${NODE_PORT}` }, [ETH0]);
          await expectSeen({ ...client, protocol, to: `[${ETH0_V6}]:${NODE_PORT}` }, [ETH0_V6]);
        }
      }
    },
  },
  {
    name: "one number is a node port of two protocols, each on its own",
    upstream: [
      "Services should be able to update service type to NodePort listening on same port number but different protocols",
      "Services should serve endpoints on same port and different protocol for internal traffic on Type LoadBalancer",
    ],
    run: async (harness) => {
      const to = `${ETH0}:${NODE_PORT}`;
      await harness.apply(...web({ name: "web", addresses: [V4, V6], pods: PODS }));
      await expectRefused({ ...OUTSIDE, to });
      await harness.apply(...nodePorts([TCP]));
      await expectPods({ ...OUTSIDE, to }, PODS);
      await expectRefused({ ...OUTSIDE, protocol: "udp", to });
      await harness.apply(...nodePorts([{ ...TCP, name: "tcp" }, UDP]));
      for (const protocol of ["tcp", "udp"] as const) {
        await expectPods({ ...OUTSIDE, protocol, to }, PODS);
        await expectPods({ ...POD, protocol, to: `${V4}:80` }, PODS);
      }
    },
  },
  {
    name: "a deleted Service's node port is closed, and another program of the node may have it",
    upstream: [
      "Services should release NodePorts on delete",
      "Networking Granular Checks: Services should update nodePort: udp",
    ],
    run: async (harness) => {
      const objects = nodePorts([{ ...TCP, name: "tcp" }, UDP]);
      await harness.apply(...objects);
      await expectPods({ ...OUTSIDE, to: `${ETH0}:${NODE_PORT}` }, PODS);
      for (const host of EVERY_ADDRESS) {
        await expectPods({ ...OUTSIDE, protocol: "udp", to: `${host}:${NODE_PORT}` }, PODS);
      }
      await harness.remove(...objects);
      for (const host of EVERY_ADDRESS) {
        const to = `${host}:${NODE_PORT}`;
        await expectRefused({ ...OUTSIDE, to });
        await expectRefused({ ...OUTSIDE, protocol: "udp", to });
      }
      await harness.network.serveOnNode("own", [NODE_PORT]);
      await expectPods({ ...OUTSIDE, to: `${ETH0}:${NODE_PORT}` }, ["own"]);
      await expectPods({ ...OUTSIDE, protocol: "udp", to: `${ETH0}:${NODE_PORT}` }, ["own"]);
    },
  },
  {
    name: "other ports of the node, and the same port of the other node, are nobody's but theirs",
    upstream: [],
    run: async (harness) => {
      await harness.network.serveOnNode("own", [30_090]);
      await harness.apply(...nodePorts([{ ...TCP, name: "tcp" }, UDP]));
      for (const protocol of ["tcp", "udp"] as const) {
        for (const client of [OUTSIDE, POD, ITSELF]) {
          await expectPods({ ...client, protocol, to: `${ETH0}:30090` }, ["own"]);
          await expectRefused({ ...client, protocol, to: `${PEER_ADDRESS}:${NODE_PORT}` });
        }
      }
      await expectSeen({ ...OUTSIDE, from: ["192.168.77.201"], to: `${ETH0}:30090` }, [
        "192.168.77.201",
      ]);
      await expectRefused({ ...OUTSIDE, to: `${ETH0}:30091` });
      await expectRefused({ ...OUTSIDE, protocol: "udp", to: `${ETH0}:30091` });
    },
  },
  {
    name: "an ExternalName Service that becomes NodePort is served, and not when it is one again",
    upstream: [
      "Services should be able to change the type from ExternalName to NodePort",
      "Services should be able to change the type from NodePort to ExternalName",
    ],
    run: async (harness) => {
      const [served, ...slices] = nodePorts([TCP]);
      assert.ok(served);
      const spec = { type: "ExternalName", externalName: "example.com" };
      const external = service({ name: "web", spec });
      await harness.apply(external, ...slices);
      await expectRefused({ ...OUTSIDE, to: `${ETH0}:${NODE_PORT}` });
      await harness.apply(served);
      await expectPods({ ...OUTSIDE, to: `${ETH0}:${NODE_PORT}` }, PODS);
      await expectPods({ ...POD, to: `${V4}:80` }, PODS);
      await harness.apply(external);
      await expectRefused({ ...OUTSIDE, to: `${ETH0}:${NODE_PORT}` });
      await expectNoAnswer({ ...POD, to: `${V4}:80` });
    },
  },
  {
    name: "a node port without endpoints refuses at once, TCP and UDP, and serves once there is one",
    upstream: [],
    run: async (harness) => {
      const ports = [{ ...TCP, name: "tcp" }, UDP];
      await harness.apply(...nodePorts(ports, []));
      for (const host of [ETH0, `[${ETH1_V6}]`]) {
        for (const client of [OUTSIDE, POD]) {
          await expectRefused({ ...client, to: `${host}:${NODE_PORT}` });
          await expectRefused({ ...client, protocol: "udp", to: `${host}:${NODE_PORT}` });
        }
        await expectRefused({ to: `${host}:${NODE_PORT}` });
      }
      await harness.apply(...nodePorts(ports, ["p1"]));
      await expectPods({ ...OUTSIDE, to: `${ETH0}:${NODE_PORT}` }, ["p1"]);
      await expectPods({ ...OUTSIDE, protocol: "udp", to: `${ETH0}:${NODE_PORT}` }, ["p1"]);
    },
  },
];
