/** External and load-balancer addresses: who reaches them, several of them, and how they come and go. */
import assert from "node:assert/strict";
import { NODE_ADDRESSES, NODE_ADDRESSES_V6 } from "../../lab/node-network.ts";
import { shell } from "../../lab/shell.ts";
import {
  expectNoAnswer,
  expectPods,
  expectRefused,
  expectSeen,
} from "../harness/expect-traffic.ts";
import { at, FAR, ITSELF, OUTSIDE, POD } from "../harness/places.ts";
import { type WebWords, web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.80";
const V6 = "fd00:96::50";
const EXTERNAL = ["203.0.113.10", "2001:db8::10"];
const BALANCER = ["198.51.100.10", "2001:db8:1::10"];
const [ETH0] = NODE_ADDRESSES;
const [ETH0_V6] = NODE_ADDRESSES_V6;
const CLIENTS = [OUTSIDE, POD, ITSELF, FAR];
const PODS = ["p1", "p2", "r1"];
const BOUND = "ip -o addr show dev kube-ipvs0";

/** A Service of type LoadBalancer, whose balancer gave these addresses. */
function balanced(ips: readonly string[], more: Partial<WebWords> = {}): WebWords {
  const ingress = ips.map((ip) => ({ ip, ipMode: "VIP" as const }));
  const spec = { type: "LoadBalancer", ...more.spec };
  return { name: "web", addresses: [V4, V6], pods: PODS, ...more, ingress, spec };
}

const protocols: readonly ServiceCase[] = (["tcp", "udp", "sctp"] as const).map((protocol) => ({
  name: `external and load-balancer addresses serve ${protocol.toUpperCase()} in both families, to everybody`,
  upstream:
    protocol === "tcp"
      ? [
          "Services should be possible to connect to a service via ExternalIP when the external IP is not assigned to a node",
        ]
      : [],
  run: async (harness) => {
    const ports = [{ port: 80, protocol: protocol.toUpperCase() as "TCP" }];
    const spec = { externalIPs: EXTERNAL };
    await harness.apply(...web(balanced(BALANCER, { ports, spec })));
    for (const address of [...EXTERNAL, ...BALANCER]) {
      for (const client of CLIENTS) {
        await expectPods({ ...client, protocol, to: at(address), requests: 6 }, PODS);
      }
    }
  },
}));

/** What upstream does with a load balancer, of which here only the addresses count. */
const lives: readonly ServiceCase[] = (["tcp", "udp"] as const).map((protocol) => ({
  name: `a ${protocol.toUpperCase()} Service goes from ClusterIP to NodePort to LoadBalancer and back, with other ports on its way`,
  upstream: [
    `LoadBalancers should be able to change the type and ports of a ${protocol.toUpperCase()} service`,
  ],
  run: async (harness) => {
    const [balancer = ""] = BALANCER;
    const PROTOCOL = protocol.toUpperCase() as "TCP";
    const client = { ...OUTSIDE, protocol };
    const words = (port: number, nodePort?: number): WebWords => ({
      name: "web",
      addresses: [V4],
      ports: [{ port, protocol: PROTOCOL, ...(nodePort !== undefined && { nodePort }) }],
      pods: PODS,
    });
    const nodePort = { type: "NodePort" };
    await harness.apply(...web(words(80)));
    await expectPods({ ...client, to: at(V4) }, PODS);
    await harness.apply(...web({ ...words(80, 30_100), spec: nodePort }));
    await expectPods({ ...client, to: at(ETH0, 30_100) }, PODS);
    await harness.apply(...web(balanced([balancer], words(80, 30_100))));
    await expectPods({ ...client, to: at(ETH0, 30_100) }, PODS);
    await expectPods({ ...client, to: at(balancer) }, PODS);
    await harness.apply(...web(balanced([balancer], words(80, 30_101))));
    await expectPods({ ...client, to: at(ETH0, 30_101) }, PODS);
    await expectPods({ ...client, to: at(balancer) }, PODS);
    await expectRefused({ ...client, to: at(ETH0, 30_100) });
    await harness.apply(...web(balanced([balancer], words(81, 30_101))));
    await expectPods({ ...client, to: at(ETH0, 30_101) }, PODS);
    await expectPods({ ...client, to: at(balancer, 81) }, PODS);
    await expectRefused({ ...client, to: at(balancer) });
    await harness.apply(...web(balanced([balancer], { ...words(81, 30_101), pods: [] })));
    await expectRefused({ ...client, to: at(ETH0, 30_101) });
    await expectRefused({ ...client, to: at(balancer, 81) });
    await harness.apply(...web(balanced([balancer], { ...words(81, 30_101), pods: ["p1"] })));
    await expectPods({ ...client, to: at(ETH0, 30_101) }, ["p1"]);
    await expectPods({ ...client, to: at(balancer, 81) }, ["p1"]);
    await harness.apply(...web(words(81)));
    await expectRefused({ ...client, to: at(ETH0, 30_101) });
    await expectNoAnswer({ ...client, to: at(balancer, 81) });
    await expectPods({ ...client, to: at(V4, 81) }, PODS);
  },
}));

/** External and load-balancer addresses. */
export const externalAddressCases: readonly ServiceCase[] = [
  ...protocols,
  ...lives,
  {
    name: "a load-balancer address needs no node port, and a node port may come and go beside it",
    upstream: [
      "LoadBalancers should be able to create LoadBalancer Service without NodePort and change it",
    ],
    run: async (harness) => {
      const spec = { allocateLoadBalancerNodePorts: false };
      for (const ports of [[{ port: 80 }], [{ port: 80, nodePort: 30_102 }], [{ port: 80 }]]) {
        await harness.apply(...web(balanced(BALANCER, { spec, ports })));
        for (const address of BALANCER) await expectPods({ ...OUTSIDE, to: at(address) }, PODS);
        const onNode = { ...OUTSIDE, to: at(ETH0, 30_102) };
        if ("nodePort" in (ports[0] ?? {})) await expectPods(onNode, PODS);
        else await expectRefused(onNode);
      }
    },
  },
  {
    name: "behind external and load-balancer addresses the pods see the node's address",
    upstream: [],
    run: async (harness) => {
      const spec = { externalIPs: EXTERNAL };
      await harness.apply(...web(balanced(BALANCER, { pods: ["p1", "r1"], spec })));
      for (const address of [...EXTERNAL, ...BALANCER]) {
        const node = address.includes(":") ? ETH0_V6 : ETH0;
        for (const client of CLIENTS) await expectSeen({ ...client, to: at(address) }, [node]);
      }
    },
  },
  {
    name: "a load-balancer address of mode Proxy is the balancer's own: the node neither has nor serves it",
    upstream: [],
    run: async (harness) => {
      const [own = "", proxy = ""] = [BALANCER[0], "198.51.100.11"];
      const [object, ...slices] = web(balanced([own], { addresses: [V4] }));
      const withProxy = {
        ...object,
        status: {
          loadBalancer: {
            ingress: [{ ip: own }, { ip: proxy, ipMode: "Proxy" }, { hostname: "lb.example.com" }],
          },
        },
      };
      await harness.apply(withProxy, ...slices);
      await expectPods({ ...OUTSIDE, to: at(own) }, PODS);
      for (const client of [OUTSIDE, POD]) await expectNoAnswer({ ...client, to: at(proxy) });
      assert.doesNotMatch(await shell(BOUND), /198\.51\.100\.11\//);
    },
  },
  {
    name: "of several addresses of a Service one goes and another comes, and the rest do not notice",
    upstream: [],
    run: async (harness) => {
      const [first = "", second = "", third = ""] = [1, 2, 3].map((n) => `203.0.113.2${n}`);
      const withExternal = (...externalIPs: string[]) =>
        web(balanced(BALANCER, { spec: { externalIPs } }));
      await harness.apply(...withExternal(first, second));
      for (const address of [first, second, ...BALANCER]) {
        await expectPods({ ...OUTSIDE, to: at(address) }, PODS);
      }
      await harness.apply(...withExternal(second, third));
      for (const address of [second, third, ...BALANCER]) {
        await expectPods({ ...OUTSIDE, to: at(address) }, PODS);
      }
      await expectNoAnswer({ ...OUTSIDE, to: at(first) });
      assert.doesNotMatch(await shell(BOUND), /203\.0\.113\.21\//);
    },
  },
  {
    name: "two Services share an external address by their ports, and one keeps it when the other goes",
    upstream: [],
    run: async (harness) => {
      const spec = { externalIPs: EXTERNAL };
      const one = web({ name: "one", addresses: [V4, V6], pods: ["p1"], spec });
      const two = web({
        ...{ name: "two", addresses: ["10.96.0.81", "fd00:96::51"], pods: ["p2"], spec },
        ports: [{ port: 81 }],
      });
      await harness.apply(...one, ...two);
      for (const address of EXTERNAL) {
        await expectPods({ ...OUTSIDE, to: at(address) }, ["p1"]);
        await expectPods({ ...OUTSIDE, to: at(address, 81) }, ["p2"]);
      }
      await harness.remove(...one);
      for (const address of EXTERNAL) {
        await expectRefused({ ...OUTSIDE, to: at(address) });
        await expectPods({ ...OUTSIDE, to: at(address, 81) }, ["p2"]);
      }
    },
  },
  {
    name: "of two Services that want one address and port the first has it, status says so, and the other is next",
    upstream: [],
    run: async (harness) => {
      const [address = ""] = EXTERNAL;
      const spec = { externalIPs: [address] };
      const one = web({ name: "one", addresses: [V4], pods: ["p1"], spec });
      const two = web({ name: "two", addresses: ["10.96.0.82"], pods: ["p2"], spec });
      await harness.apply(...two);
      await harness.apply(...one);
      const { findings } = await harness.status();
      const conflict = findings.filter(({ reason }) => reason === "conflict");
      assert.equal(conflict.length, 1, JSON.stringify(findings));
      const [loser, winner] = conflict[0]?.service === "e2e/one" ? [one, "p2"] : [two, "p1"];
      await expectPods({ ...OUTSIDE, to: at(address) }, [winner]);
      await harness.remove(...(loser === one ? two : one));
      await expectPods({ ...OUTSIDE, to: at(address) }, [winner === "p1" ? "p2" : "p1"]);
    },
  },
];
