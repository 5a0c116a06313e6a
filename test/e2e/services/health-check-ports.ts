/** What load balancers and operators ask the agent by HTTP: health check node ports, health and mode. */
import assert from "node:assert/strict";
import { NODE_ADDRESSES, NODE_ADDRESSES_V6 } from "../../lab/node-network.ts";
import { httpGet } from "../harness/commands.ts";
import { eventually, expectNoAnswer, expectPods, expectSeen } from "../harness/expect-traffic.ts";
import type { EndpointWords, KubeObject } from "../harness/objects.ts";
import { at, FAR, OUTSIDE, POD } from "../harness/places.ts";
import { clientAddresses, endpointOf, web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.120";
const V6 = "fd00:96::78";
const BALANCER = "198.51.100.50";
const NODE_PORT = 30_140;
const CHECK_PORT = 32_100;
const [ETH0] = NODE_ADDRESSES;
const OUTSIDE_ADDRESS = "192.168.77.203";
const HOSTS = [...NODE_ADDRESSES, ...NODE_ADDRESSES_V6];
const ENDING = { ready: false, serving: true, terminating: true };
/** The answer follows the pass, which is over when the kernel has it. */
const ANSWER_MS_MAX = 5_000;

function objects(
  pods: readonly (string | EndpointWords)[],
  spec: { readonly policy?: "Cluster" | "Local"; readonly checkPort?: number } = {},
): KubeObject[] {
  const { policy = "Local", checkPort = CHECK_PORT } = spec;
  return web({
    ...{ name: "web", addresses: [V4, V6], pods, ingress: [{ ip: BALANCER }] },
    ports: [{ port: 80, nodePort: NODE_PORT }],
    spec: {
      type: "LoadBalancer",
      externalTrafficPolicy: policy,
      ...(policy === "Local" && { healthCheckNodePort: checkPort }),
    },
  });
}

/** Waits until the health check says so: its status from outside, 0 when it is closed. */
async function untilStatus(wanted: number, port = CHECK_PORT, host: string = ETH0): Promise<void> {
  const url = `http://${at(host, port)}/healthz`;
  const isWanted = async (): Promise<boolean> => (await httpGet("outside", url)).status === wanted;
  await eventually(`${url} answers ${wanted}`, isWanted, ANSWER_MS_MAX);
}

/** Health check node ports, and what kube-proxy's own ports answer. */
export const healthCheckPortCases: readonly ServiceCase[] = [
  {
    name: "a health check node port tells how many ready pods this node has, on all of its addresses",
    upstream: [
      "LoadBalancers ExternalTrafficPolicy: Local should only target nodes with endpoints",
    ],
    run: async (harness) => {
      for (const [pods, status, localEndpoints] of [
        [["p1", "p2", "r1"], 200, 2],
        [["r1"], 503, 0],
        [["p3", endpointOf("p1", { ready: false }), "r1"], 200, 1],
        [[], 503, 0],
      ] as const) {
        await harness.apply(...objects(pods));
        await untilStatus(status);
        for (const host of HOSTS) {
          const answer = await httpGet("outside", `http://${at(host, CHECK_PORT)}/`);
          assert.deepEqual(
            [answer.status, JSON.parse(answer.body)],
            [
              status,
              {
                service: { namespace: "e2e", name: "web" },
                localEndpoints,
                serviceProxyHealthy: true,
              },
            ],
          );
        }
      }
    },
  },
  {
    name: "the health check fails when all pods of this node end, and the node port still serves from them",
    upstream: [
      "Services should fail health check node port if there are only terminating endpoints",
    ],
    run: async (harness) => {
      await harness.apply(...objects(["p1"]));
      await untilStatus(200);
      await harness.apply(...objects([endpointOf("p1", ENDING)]));
      await untilStatus(503);
      await expectPods({ ...OUTSIDE, to: at(ETH0, NODE_PORT) }, ["p1"]);
      await expectPods({ ...OUTSIDE, to: at(BALANCER) }, ["p1"]);
    },
  },
  {
    name: "health check and node port follow the policy from Local to Cluster and back",
    upstream: [
      "Services should implement NodePort and HealthCheckNodePort correctly when ExternalTrafficPolicy changes",
      "LoadBalancers ExternalTrafficPolicy: Local should handle updates to ExternalTrafficPolicy field",
    ],
    run: async (harness) => {
      const to = at(ETH0, NODE_PORT);
      const outside = { ...OUTSIDE, from: [OUTSIDE_ADDRESS], to };
      const [podAddress = ""] = clientAddresses();
      const pod = { ...POD, from: [podAddress], to };
      for (const round of ["first", "again"]) {
        await harness.apply(...objects(["p1"]));
        await untilStatus(200);
        await expectSeen(outside, [OUTSIDE_ADDRESS]);
        // This node as the client's own one, and as one with neither client nor endpoint.
        await harness.apply(...objects(["r1"]));
        await untilStatus(503);
        await expectSeen(pod, [podAddress]);
        await expectNoAnswer(outside);
        await expectNoAnswer({ ...FAR, to });
        if (round === "again") break;
        await harness.apply(...objects(["r1"], { policy: "Cluster" }));
        await untilStatus(0);
        for (const client of [OUTSIDE, POD, FAR]) {
          await expectSeen({ ...client, to }, [ETH0]);
        }
      }
    },
  },
  {
    name: "a changed health check port closes the old one, and a deleted Service's is closed",
    upstream: ["LoadBalancers ExternalTrafficPolicy: Local should work for type=LoadBalancer"],
    run: async (harness) => {
      await harness.apply(...objects(["p1"]));
      await untilStatus(200);
      await harness.apply(...objects(["p1"], { checkPort: 32_101 }));
      await untilStatus(200, 32_101);
      await untilStatus(0);
      await harness.apply(...web({ name: "web", addresses: [V4, V6], pods: ["p1"] }));
      await untilStatus(0, 32_101);
      await harness.apply(...objects(["p1"]));
      await untilStatus(200);
      await harness.remove(...objects(["p1"]));
      await untilStatus(0);
    },
  },
  {
    name: "health check ports are on the addresses of node ports alone where --nodeport-addresses chooses some",
    upstream: [],
    run: async (harness) => {
      await harness.restartWith({ "--nodeport-addresses": "192.168.88.0/24,fd00:88::/64" });
      await harness.apply(...objects(["p1"]));
      for (const host of [NODE_ADDRESSES[1], NODE_ADDRESSES_V6[1]]) {
        await untilStatus(200, CHECK_PORT, host);
      }
      for (const host of [NODE_ADDRESSES[0], NODE_ADDRESSES_V6[0]]) {
        await untilStatus(0, CHECK_PORT, host);
      }
    },
  },
  {
    name: "the ports that kube-proxy has answer for health and mode",
    upstream: ["Networking should check kube-proxy urls"],
    run: async () => {
      const health = await httpGet("", "http://127.0.0.1:10256/healthz");
      assert.equal(health.status, 200);
      assert.match(health.body, /"lastUpdated"/);
      const mode = await httpGet("", "http://127.0.0.1:10249/proxyMode");
      assert.deepEqual([mode.status, mode.body], [200, "ipvs"]);
    },
  },
];
