/** Random clusters given to the real kube-proxy and then to the agent. */
import assert from "node:assert/strict";
import type { ApiCluster } from "../../lab/api-cluster.ts";
import { KubeProxy } from "../../lab/kube-proxy.ts";
import { CLUSTER_RANGES } from "../../lab/node-network.ts";
import { shell } from "../../lab/shell.ts";
import { Random } from "../../simulation/random.ts";
import type { ApiCase } from "../api/api-case.ts";
import { NODE } from "../harness/pods.ts";
import { CLEAN } from "./clean.ts";
import { fromKubeProxyCases } from "./from-kube-proxy.ts";
import { DIFFERENCE_RULES, differences } from "./known-differences.ts";
import { type NodeState, nodeState } from "./node-state.ts";
import { type RandomService, randomCluster } from "./random-cluster.ts";

const SEEDS = [1, 2, 3, 4];
/** kube-proxy starts a process for each entry of its sets. */
const SERVICES = 30;
/** The suite's own, which changes all the time. */
const MARKER = "tcp/10.96.255.254:";
const seen = new Set<string>();

/** Comparisons. */
export const differentialCases: readonly ApiCase[] = [
  ...fromKubeProxyCases,
  ...SEEDS.map(
    (seed): ApiCase => ({
      name: `of random cluster ${seed} both make the same table and addresses, but for what is listed`,
      upstream: [],
      run: async (harness, cluster) => {
        const made = randomCluster(new Random(seed), SERVICES);
        await harness.agent.end("SIGTERM");
        await shell(CLEAN);
        await harness.write(...made.flatMap(({ objects }) => objects));
        const theirs = await byKubeProxy(cluster);
        await shell(CLEAN);
        await harness.agent.firstSync(harness.agent.start());
        await harness.synced();
        check(made, await nodeState(isCompared), theirs);
      },
    }),
  ),
  {
    name: "every difference that is listed and no matter of chance was met",
    upstream: [],
    run: async () => {
      const never = DIFFERENCE_RULES.filter(
        ({ name, isByChance = false }) => !isByChance && !seen.has(name),
      );
      assert.deepEqual(
        never.map(({ name }) => name),
        [],
      );
    },
  },
];

async function byKubeProxy(cluster: ApiCluster): Promise<NodeState> {
  const proxy = await KubeProxy.start({
    kubeconfig: cluster.server.kubeconfig("proxy"),
    nodeName: NODE,
    clusterCidrs: CLUSTER_RANGES,
  });
  try {
    return await nodeState(isCompared);
  } finally {
    await proxy.stop();
  }
}

function isCompared(id: string): boolean {
  return !id.startsWith(MARKER);
}

function check(made: readonly RandomService[], ours: NodeState, theirs: NodeState): void {
  const found = differences(made, ours, theirs);
  for (const { rule } of found) if (rule !== undefined) seen.add(rule);
  const unexplained = found.filter(({ rule }) => rule === undefined).map(({ text }) => text);
  assert.deepEqual(unexplained, []);
  // A comparison of nothing with nothing says nothing.
  assert.ok(ours.services.size > SERVICES, `${ours.services.size} virtual services`);
}
