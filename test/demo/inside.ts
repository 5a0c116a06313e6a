/** The program inside the lab: makes the sample cluster, starts kube-ipvs on it, and tells the story. */
import { release } from "node:os";
import { AgentProcess, agentStatus } from "../lab/agent-process.ts";
import { SAMPLE_CLIENT_POD, SAMPLE_NODE, SAMPLE_PODS } from "../lab/sample-topology.ts";
import { createTopology } from "../lab/topology.ts";
import { clusterOfSamples } from "./api-samples.ts";
import { brokenSource } from "./chapters/broken-source.ts";
import { endpointRemoved } from "./chapters/endpoint-removed.ts";
import { killed } from "./chapters/killed.ts";
import { liveEdit } from "./chapters/live-edit.ts";
import { misspelled } from "./chapters/misspelled.ts";
import { sixSchedulers } from "./chapters/six-schedulers.ts";
import { folderOfSamples } from "./manifests.ts";
import { type NodeUnderTest, POD_MS, SLOW_POD, SLOW_POD_MS, seconds } from "./node-under-test.ts";
import type { Samples } from "./samples.ts";
import { chapter, check, doing, end, say } from "./story.ts";

const CHAPTERS: readonly ((node: NodeUnderTest) => Promise<void>)[] = [
  sixSchedulers,
  liveEdit,
  endpointRemoved,
  misspelled,
  killed,
  brokenSource,
];

/** Starts the agent and waits for its first sync. */
async function startAgent(samples: Samples): Promise<NodeUnderTest> {
  const agent = new AgentProcess([...samples.agentArguments, "--node-name", SAMPLE_NODE]);
  const startMs = performance.now();
  const mark = agent.start();
  const { applied = 0, refused = 0 } = await agent.firstSync(mark);
  const syncedMs = performance.now() - startMs;
  const { virtualServices } = await agentStatus();
  check(
    applied > 0 && refused === 0 && virtualServices.length > 0,
    `first sync after ${seconds(syncedMs)}: ${virtualServices.length} virtual services, ` +
      `${applied} netlink operations, ${refused} refused`,
  );
  const sockets = new Map(virtualServices.map(({ service, id }) => [service, id.split("/")[1]]));
  return {
    ...{ agent, samples },
    socketOf: (service) => {
      const socket = sockets.get(`shop/${service}`);
      if (socket === undefined) throw new Error(`status knows no shop/${service}`);
      return socket;
    },
  };
}

async function tell(): Promise<void> {
  chapter("kube-ipvs on a node with a kernel of its own");
  say(`Linux ${release()}. Pods and clients are network namespaces with real servers in them.`);
  say(
    `p1 to p3 take ${POD_MS} ms for an answer, ${SLOW_POD} takes ${SLOW_POD_MS} ms. ` +
      `All numbers below were measured just now.`,
  );
  doing("making pods and clients");
  const pods = SAMPLE_PODS.map((pod) => ({
    ...pod,
    delayMs: pod.name === SLOW_POD ? SLOW_POD_MS : POD_MS,
  }));
  const topology = await createTopology({ pods: [...pods, SAMPLE_CLIENT_POD] });
  const isApi = process.argv.includes("--api");
  if (isApi) doing("starting etcd and kube-apiserver");
  const samples = isApi ? await clusterOfSamples() : folderOfSamples();
  say(samples.start);
  doing("kube-ipvs starts");
  const node = await startAgent(samples);
  for (const one of CHAPTERS) await tellChapter(() => one(node));
  await node.agent.end("SIGTERM");
  await topology.close();
}

/** A chapter that cannot be told to its end is a statement that does not hold; the others follow. */
async function tellChapter(body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (err) {
    check(false, err instanceof Error ? (err.stack ?? err.message) : String(err));
  }
}

await tellChapter(tell);
end();
process.exit(0);
