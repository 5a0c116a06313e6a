/** A node on which the real kube-proxy ran, and then the agent: nobody notices, and nothing of it is left. */
import assert from "node:assert/strict";
import { ipvsTable } from "../../lab/ipvs-table.ts";
import { KubeProxy } from "../../lab/kube-proxy.ts";
import { CLUSTER_RANGES, NODE_ADDRESSES } from "../../lab/node-network.ts";
import { shell } from "../../lab/shell.ts";
import { hold } from "../../lab/traffic.ts";
import type { ApiCase } from "../api/api-case.ts";
import { eventually, expectPods, withoutFailure } from "../harness/expect-traffic.ts";
import { at, OUTSIDE } from "../harness/places.ts";
import { NODE, web } from "../harness/pods.ts";
import { CLEAN } from "./clean.ts";

const V4 = "10.96.0.120";
const BALANCER = "198.51.100.120";
const CLIENT = { namespace: "client", to: at(V4) };
const WEB = web({
  ...{ name: "web", addresses: [V4], pods: ["p1", "p2"], ingress: [{ ip: BALANCER }] },
  spec: { type: "LoadBalancer" },
});
/** On the node's own address, by kube-proxy and by somebody else. */
const [STALE, FOREIGN] = [30_180, 30_181].map((port) => at(NODE_ADDRESSES[0], port));
const GONE = web({
  ...{ name: "gone", addresses: ["10.96.0.121"], pods: ["p1"] },
  ...{ ports: [{ port: 80, nodePort: 30_180 }], spec: { type: "NodePort" } },
});
const HELD = 4;
/** The kernel frees sets some time after the rules that used them. */
const REMOVED_MS_MAX = 60_000;
const OF_KUBE_PROXY =
  "(iptables-save; ip6tables-save; ipset list -n) 2>/dev/null | grep -c KUBE- || true";

/** The take-over. */
export const fromKubeProxyCases: readonly ApiCase[] = [
  {
    name: "after the real kube-proxy the agent takes over: connections go on, and no chain, set or node port is left",
    upstream: [],
    run: async (harness, cluster) => {
      await harness.agent.end("SIGTERM");
      await shell(CLEAN);
      await harness.write(...WEB, ...GONE);
      const proxy = await KubeProxy.start({
        kubeconfig: cluster.server.kubeconfig("proxy"),
        nodeName: NODE,
        clusterCidrs: CLUSTER_RANGES,
      });
      await proxy.stop();
      await harness.sink.write({ put: [], gone: GONE, last: [] });
      await shell(`ipvsadm -A -t ${FOREIGN} -s rr\n`);
      assert.ok(ipvsTable().has(`tcp/${STALE}`), "kube-proxy serves no node port");
      assert.ok(Number(await shell(OF_KUBE_PROXY)) > 20, "kube-proxy has left nothing");
      await expectPods(CLIENT, ["p1", "p2"]);
      const held = await hold({ ...CLIENT, connections: HELD, intervalMs: 50, durationMs: 90_000 });
      await withoutFailure({ ...OUTSIDE, to: at(BALANCER) }, async () => {
        await harness.agent.firstSync(harness.agent.start());
        const isRemoved = async (): Promise<boolean> => Number(await shell(OF_KUBE_PROXY)) === 0;
        await eventually("kube-proxy's chains and sets are gone", isRemoved, REMOVED_MS_MAX);
      });
      assert.ok(!ipvsTable().has(`tcp/${STALE}`), "a node port of kube-proxy is left");
      assert.ok(ipvsTable().has(`tcp/${FOREIGN}`), "somebody else's virtual service is gone");
      await shell(`ipvsadm -D -t ${FOREIGN}\n`);
      const { connections } = await held.stop();
      const broken = connections.filter((one) => one.broken !== null || one.moved);
      assert.deepEqual([connections.length, broken], [HELD, []]);
      await harness.synced();
      await expectPods(CLIENT, ["p1", "p2"]);
    },
  },
];
