/** Cluster addresses: every protocol and family, from every place, and ports in all their forms. */
import { NODE_ADDRESSES, NODE_ADDRESSES_V6 } from "../../lab/node-network.ts";
import {
  expectNoAnswer,
  expectPods,
  expectRefused,
  expectSeen,
} from "../harness/expect-traffic.ts";
import { type KubeObject, service, slice } from "../harness/objects.ts";
import { at, ITSELF, OUTSIDE, POD } from "../harness/places.ts";
import { clientAddresses, endpointOf, web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.10";
const V6 = "fd00:96::a";
const PORTS = [
  { name: "tcp", port: 80 },
  { name: "udp", port: 80, protocol: "UDP" as const },
];

const protocols: readonly ServiceCase[] = (["tcp", "udp", "sctp"] as const).map((protocol) => ({
  name: `a cluster address serves ${protocol.toUpperCase()} over both families, to pods and to the node itself`,
  upstream:
    protocol === "sctp"
      ? [
          "Services should allow creating a basic SCTP service with pod and endpoints",
          "Networking Granular Checks: Services should function for pod-Service: sctp",
        ]
      : [
          `Networking Granular Checks: Services should function for pod-Service: ${protocol === "tcp" ? "http" : "udp"}`,
          `Networking Granular Checks: Services should function for node-Service: ${protocol === "tcp" ? "http" : "udp"}`,
        ],
  run: async (harness) => {
    await harness.apply(
      ...web({
        name: "web",
        addresses: [V4, V6],
        ports: [{ port: 80, protocol: protocol.toUpperCase() as "TCP" }],
        pods: ["p1", "p2", "r1"],
      }),
    );
    for (const client of [{ namespace: "client" }, { namespace: "p3" }, {}]) {
      for (const to of [`${V4}:80`, `[${V6}]:80`]) {
        await expectPods({ ...client, protocol, to }, ["p1", "p2", "r1"]);
      }
    }
  },
}));

/** A Service of two families, the first one first, with a node port and a pod of its own. */
function bothFamilies(
  name: string,
  addresses: readonly string[],
  { nodePort, pod }: { readonly nodePort: number; readonly pod: string },
): KubeObject[] {
  const ports = [{ port: 80, nodePort }];
  return web({ name, addresses, ports, pods: [pod], spec: { type: "NodePort" } });
}

/** Cluster addresses. */
export const clusterIpCases: readonly ServiceCase[] = [
  ...protocols,
  {
    name: "a Service of one family is served in that family alone, and of two in either order",
    upstream: [
      "Dual stack should create a single stack service with cluster ip from primary service range",
      "Dual stack should create service with ipv4,v6 cluster ip",
      "Dual stack should create service with ipv6,v4 cluster ip",
      "Dual stack should create service with ipv4 cluster ip",
      "Dual stack should create service with ipv6 cluster ip",
    ],
    run: async (harness) => {
      await harness.apply(
        ...web({ name: "six", addresses: ["fd00:96::b"], pods: ["p1"] }),
        ...web({ name: "four", addresses: ["10.96.0.11"], pods: ["p2"] }),
        ...bothFamilies("six-four", ["fd00:96::c", "10.96.0.12"], { nodePort: 30_041, pod: "p3" }),
        ...bothFamilies("four-six", ["10.96.0.13", "fd00:96::d"], { nodePort: 30_042, pod: "p4" }),
      );
      for (const client of [POD, ITSELF, OUTSIDE]) {
        await expectPods({ ...client, to: "[fd00:96::b]:80" }, ["p1"]);
        await expectPods({ ...client, to: "10.96.0.11:80" }, ["p2"]);
        for (const to of ["[fd00:96::c]:80", "10.96.0.12:80"]) {
          await expectPods({ ...client, to }, ["p3"]);
        }
        for (const to of ["[fd00:96::d]:80", "10.96.0.13:80"]) {
          await expectPods({ ...client, to }, ["p4"]);
        }
        for (const host of [NODE_ADDRESSES[0], NODE_ADDRESSES_V6[0]]) {
          await expectPods({ ...client, to: at(host, 30_041) }, ["p3"]);
          await expectPods({ ...client, to: at(host, 30_042) }, ["p4"]);
        }
      }
    },
  },
  {
    name: "a pod sees the address of the pod that asks it through a cluster address",
    upstream: ["Services should preserve source pod IP for traffic thru service cluster IP"],
    run: async (harness) => {
      await harness.apply(...web({ name: "web", addresses: [V4, V6], pods: ["p1", "r1"] }));
      const v4 = clientAddresses("IPv4");
      await expectSeen({ namespace: "client", from: v4, requests: 16, to: `${V4}:80` }, v4);
      const v6 = clientAddresses("IPv6");
      await expectSeen({ namespace: "client", from: v6, requests: 16, to: `[${V6}]:80` }, v6);
    },
  },
  {
    name: "two named ports reach their own pods each",
    upstream: ["Services should serve multiport endpoints from pods"],
    run: async (harness) => {
      await harness.apply(
        service({
          name: "web",
          addresses: [V4],
          ports: [
            { name: "one", port: 80 },
            { name: "two", port: 81 },
          ],
        }),
        slice({
          service: "web",
          suffix: "one",
          ports: [{ name: "one", port: 8080 }],
          endpoints: [endpointOf("p1")],
        }),
        slice({
          service: "web",
          suffix: "two",
          ports: [{ name: "two", port: 9090 }],
          endpoints: [endpointOf("p2")],
        }),
      );
      await expectPods({ namespace: "client", to: `${V4}:80` }, ["p1"]);
      await expectPods({ namespace: "client", to: `${V4}:81` }, ["p2"]);
    },
  },
  {
    name: "a named port has another number in each slice",
    upstream: [
      "Services should support named targetPorts that resolve to different ports on different endpoints",
      "EndpointSlice should support a Service with multiple endpoint IPs specified in multiple EndpointSlices",
    ],
    run: async (harness) => {
      await harness.apply(
        service({ name: "web", addresses: [V4], ports: [{ name: "http", port: 80 }] }),
        slice({
          service: "web",
          suffix: "a",
          ports: [{ name: "http", port: 8080 }],
          endpoints: [endpointOf("p1"), endpointOf("r1")],
        }),
        slice({
          service: "web",
          suffix: "b",
          ports: [{ name: "http", port: 9090 }],
          endpoints: [endpointOf("p2")],
        }),
      );
      await expectPods({ namespace: "client", to: `${V4}:80` }, ["p1", "p2", "r1"]);
    },
  },
  {
    name: "one port number serves two protocols, each on its own",
    upstream: [
      "Services should serve endpoints on same port and different protocols",
      "Services should serve endpoints on same port and different protocol for internal traffic on Type LoadBalancer",
    ],
    run: async (harness) => {
      const both = (protocols: readonly ("TCP" | "UDP")[]) =>
        web({
          name: "web",
          addresses: [V4],
          ports: protocols.map((protocol) => ({
            name: protocol.toLowerCase(),
            port: 80,
            protocol,
          })),
          pods: ["p1", "p2"],
        });
      const to = `${V4}:80`;
      await harness.apply(...both(["TCP", "UDP"]));
      await expectPods({ namespace: "client", to }, ["p1", "p2"]);
      await expectPods({ namespace: "client", protocol: "udp", to }, ["p1", "p2"]);
      await harness.apply(...both(["TCP"]));
      await expectPods({ namespace: "client", to }, ["p1", "p2"]);
      await expectNoAnswer({ namespace: "client", protocol: "udp", to });
      await harness.apply(...both(["UDP"]));
      await expectPods({ namespace: "client", protocol: "udp", to }, ["p1", "p2"]);
      await expectNoAnswer({ namespace: "client", to });
    },
  },
  {
    name: "requests and answers larger than a packet get through",
    upstream: [
      "Networking Granular Checks: Services should be able to handle large requests: http",
      "Networking Granular Checks: Services should be able to handle large requests: udp",
      "Dual stack Granular Checks: Services Secondary IP Family should be able to handle large requests: http",
      "Dual stack Granular Checks: Services Secondary IP Family should be able to handle large requests: udp",
    ],
    run: async (harness) => {
      await harness.apply(
        ...web({
          name: "web",
          addresses: [V4, V6],
          ports: PORTS,
          pods: ["p1", "r1"],
        }),
      );
      for (const to of [`${V4}:80`, `[${V6}]:80`]) {
        await expectPods({ namespace: "client", size: 2000, to }, ["p1", "r1"]);
        await expectPods({ namespace: "client", size: 2000, protocol: "udp", to }, ["p1", "r1"]);
      }
    },
  },
  {
    name: "a Service without endpoints refuses at once, TCP and UDP, and serves once there is one",
    upstream: [
      "Services should be rejected when no endpoints exist",
      "Services should be rejected for evicted pods (no endpoints exist)",
    ],
    run: async (harness) => {
      const to = `${V4}:80`;
      await harness.apply(...web({ name: "web", addresses: [V4], ports: PORTS, pods: [] }));
      for (const client of [{ namespace: "client" }, { namespace: "outside" }]) {
        await expectRefused({ ...client, to });
        await expectRefused({ ...client, protocol: "udp", to });
      }
      await expectRefused({ to });
      // To a sender on the node itself the kernel says that it may not, which is quick but no refusal.
      await expectNoAnswer({ protocol: "udp", to });
      await harness.apply(...web({ name: "web", addresses: [V4], ports: PORTS, pods: ["p1"] }));
      for (const client of [{ namespace: "client" }, { namespace: "outside" }, {}]) {
        await expectPods({ ...client, to }, ["p1"]);
        await expectPods({ ...client, protocol: "udp", to }, ["p1"]);
      }
    },
  },
];
