/** Random clusters given to the agent, which has to follow a change of them, and then to the real kube-proxy. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { V1ServiceList } from "@kubernetes/client-node";
import type { ApiCluster } from "../../lab/api-cluster.ts";
import {
  KUBE_PROXY_CONFIG,
  KubeProxy,
  type KubeProxyOptions,
  writeKubeProxyConfig,
} from "../../lab/kube-proxy.ts";
import { CLUSTER_RANGES, NODE_ADDRESSES, NODE_ADDRESSES_V6 } from "../../lab/node-network.ts";
import { shell } from "../../lab/shell.ts";
import { Random } from "../../simulation/random.ts";
import type { ApiCase } from "../api/api-case.ts";
import type { Harness } from "../harness/harness.ts";
import { type KubeObject, NAMESPACE, objectId } from "../harness/objects.ts";
import { NODE } from "../harness/pods.ts";
import { CLEAN } from "./clean.ts";
import { type TableSettings, USUAL } from "./expected-table.ts";
import { fromKubeProxyCases } from "./from-kube-proxy.ts";
import {
  type Compared,
  DIFFERENCE_RULES,
  differences,
  type Found,
  mistakes,
} from "./known-differences.ts";
import { type NodeState, nodeState, serviceStates } from "./node-state.ts";
import { changedCluster, randomCluster, type ServiceObjects } from "./random-cluster.ts";

/** A random cluster, and how both are configured, by kube-proxy's own file. */
interface Comparison {
  readonly seed: number;
  readonly with: string;
  readonly configured: NonNullable<KubeProxyOptions["more"]>;
  readonly settings: TableSettings;
}

/** There before both. */
const FOREIGN = {
  ids: ["tcp/10.200.0.1:80", "tcp/[fd00:200::1]:80"],
  rules: ["10.200.0.1:80", "[fd00:200::1]:80"]
    .flatMap((to) => [`-A -t ${to} -s wrr -p 77`])
    .concat("-a -t 10.200.0.1:80 -r 10.1.0.1:80 -g -w 7")
    .join("\n"),
};

const COMPARISONS: readonly Comparison[] = [
  { seed: 1, with: "nothing configured", configured: {}, settings: USUAL },
  {
    seed: 2,
    with: "node ports in a range",
    configured: { nodePortAddresses: ["192.168.88.0/24"] },
    settings: { ...USUAL, nodePortAddresses: [NODE_ADDRESSES[1], ...NODE_ADDRESSES_V6] },
  },
  {
    seed: 3,
    with: "the scheduler mh",
    configured: { ipvs: { scheduler: "mh" } },
    settings: { ...USUAL, scheduler: "-s mh -b mh-fallback,mh-port" },
  },
  {
    seed: 4,
    with: "others' addresses excluded",
    configured: { ipvs: { excludeCIDRs: ["10.200.0.0/16", "fd00:200::/64"] } },
    settings: USUAL,
  },
];
/** kube-proxy starts a process for each entry of its sets. */
const SERVICES = 30;
/** Removed endpoints without connections go with the next look at them. */
const SETTLED_MS_MAX = 15_000;
const POLL_MS = 250;
/** The suite's own, which change all the time, and the API server's. */
const NOT_COMPARED = ["tcp/10.96.255.254:", "tcp/203.0.113.14:", "tcp/10.96.0.1:443"];
const seen = new Set<string>();

/** Comparisons. */
export const differentialCases: readonly ApiCase[] = [
  ...fromKubeProxyCases,
  ...COMPARISONS.map(
    (comparison): ApiCase => ({
      name: `of random cluster ${comparison.seed} both make the same table and addresses, with ${comparison.with}, but for what is listed`,
      upstream: [],
      run: (harness, cluster) => compare(comparison, harness, cluster),
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

/** The agent begins with a cluster and follows it to another one, from which kube-proxy begins. */
async function compare(
  { seed, configured, settings }: Comparison,
  harness: Harness,
  cluster: ApiCluster,
): Promise<void> {
  const random = new Random(seed);
  const first = randomCluster(random, SERVICES);
  const second = changedCluster(random, first);
  const options: KubeProxyOptions = {
    kubeconfig: cluster.server.kubeconfig("proxy"),
    nodeName: NODE,
    clusterCidrs: CLUSTER_RANGES,
    more: configured,
  };
  const isExcluded = configured.ipvs !== undefined && "excludeCIDRs" in configured.ipvs;
  const excluded = isExcluded ? FOREIGN.ids : [];
  const compared = async (made: readonly ServiceObjects[]): Promise<Compared> => ({
    cluster: await oldestFirst(cluster, made),
    ...{ settings, foreign: serviceStates(FOREIGN.rules), excluded },
  });

  await harness.agent.end("SIGTERM");
  await begin();
  writeKubeProxyConfig(options);
  await harness.write(...objectsOf(first));
  await harness.restartWith({ "--config": KUBE_PROXY_CONFIG });
  await settled(await compared(first));
  const kept = new Set(objectsOf(second).map(objectId));
  const gone = objectsOf(first).filter((object) => !kept.has(objectId(object)));
  await harness.change({ put: objectsOf(second), gone });
  const after = await compared(second);
  const ours = await settled(after);
  await harness.agent.end("SIGTERM");
  await begin();
  const found = await differencesToKubeProxy(options, (its) => differences(after, ours, its));
  for (const { rule } of found) if (rule !== undefined) seen.add(rule);
  assert.deepEqual(unexplained(found), []);
  // A comparison of nothing with nothing says nothing.
  assert.ok(ours.services.size > SERVICES, `${ours.services.size} virtual services`);
}

/** Nothing on the node but what others made. */
async function begin(): Promise<void> {
  await shell(`${CLEAN}\nipvsadm -R <<END\n${FOREIGN.rules}\nEND`);
}

/** What differs once kube-proxy has made its own; its first sync may be of before it knew this node's zone. */
async function differencesToKubeProxy(
  options: KubeProxyOptions,
  differencesTo: (its: NodeState) => readonly Found[],
): Promise<readonly Found[]> {
  const proxy = await KubeProxy.start(options);
  try {
    return (await lookedAt(differencesTo)).found;
  } finally {
    await proxy.stop();
    // The next one begins with nothing of it, and the agent takes nothing over.
    await shell(CLEAN);
  }
}

/** Returns what the agent has made once it is what the objects ask for; else throws. */
async function settled(compared: Compared): Promise<NodeState> {
  const { state, found } = await lookedAt(({ services }) => mistakes(compared, services));
  assert.deepEqual(unexplained(found), []);
  return state;
}

/** The node once nothing that is found about it is unexplained, or as it is when it has had its time. */
async function lookedAt(
  find: (state: NodeState) => readonly Found[],
): Promise<{ readonly state: NodeState; readonly found: readonly Found[] }> {
  const startMs = performance.now();
  for (;;) {
    const state = await nodeState(isCompared);
    const found = find(state);
    const isLate = performance.now() - startMs > SETTLED_MS_MAX;
    if (unexplained(found).length === 0 || isLate) return { state, found };
    await sleep(POLL_MS);
  }
}

/** By the age that the API server says, and by name. */
async function oldestFirst(
  { server }: ApiCluster,
  made: readonly ServiceObjects[],
): Promise<readonly ServiceObjects[]> {
  const { body } = await server.api.ask("GET", `/api/v1/namespaces/${NAMESPACE}/services`);
  const ages = (body as V1ServiceList).items.map(
    ({ metadata }) => [metadata?.name, `${metadata?.creationTimestamp} ${metadata?.name}`] as const,
  );
  const age = new Map(ages);
  return made.toSorted((a, b) => ((age.get(a.name) ?? "") < (age.get(b.name) ?? "") ? -1 : 1));
}

function objectsOf(made: readonly ServiceObjects[]): readonly KubeObject[] {
  return made.flatMap(({ objects }) => objects);
}

function isCompared(id: string): boolean {
  return !NOT_COMPARED.some((start) => id.startsWith(start));
}

function unexplained(found: readonly Found[]): readonly string[] {
  return found.filter(({ rule }) => rule === undefined).map(({ text }) => text);
}
