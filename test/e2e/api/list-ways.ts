/** How the agent lists: at the head of a watch where the server gives it so, in pages where it does not. */
import assert from "node:assert/strict";
import type { ApiCluster } from "../../lab/api-cluster.ts";
import { expectPods } from "../harness/expect-traffic.ts";
import type { Harness } from "../harness/harness.ts";
import { at } from "../harness/places.ts";
import { web } from "../harness/pods.ts";
import type { ApiCase } from "./api-case.ts";

const V4 = "10.96.0.112";
const CLIENT = { namespace: "client", to: at(V4) };
const WEB = web({ name: "web", addresses: [V4], pods: ["p1", "p2"] });
const CHANGED = web({ name: "web", addresses: [V4], pods: ["p2", "p3"] });
const FOUND_MS_MAX = 60_000;
/** As every server before Kubernetes 1.32 is, and 1.33 by default. */
const WITHOUT_WATCH_LIST = "--feature-gates=WatchList=false";

/** Lists of all slices that anybody has asked the server for since it started. */
async function listsOfSlices({ server }: ApiCluster): Promise<number> {
  const { status, body } = await server.api.ask("GET", "/metrics");
  assert.equal(status, 200);
  return `${body}`
    .split("\n")
    .filter((line) => line.startsWith("apiserver_request_total{"))
    .filter((line) => line.includes('resource="endpointslices"') && line.includes('verb="LIST"'))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

/** Ends the agent and starts it again; returns how many lists that took, and whether the log names the server. */
async function startAgain({ agent }: Harness, cluster: ApiCluster) {
  await agent.end("SIGKILL");
  const before = await listsOfSlices(cluster);
  const mark = agent.start();
  await agent.firstSync(mark, FOUND_MS_MAX);
  const lists = (await listsOfSlices(cluster)) - before;
  return { lists, said: agent.since(mark).filter(({ msg }) => msg.includes("API server")) };
}

/** Both ways. */
export const listWayCases: readonly ApiCase[] = [
  {
    name: "a start lists at the head of its watches, and the server is asked for no list beside them",
    upstream: [],
    run: async (harness, cluster) => {
      await harness.apply(...WEB);
      assert.deepEqual(await startAgain(harness, cluster), { lists: 0, said: [] });
      await harness.apply(...CHANGED);
      await expectPods(CLIENT, ["p2", "p3"]);
    },
  },
  {
    name: "a server that refuses such watches is listed in pages, which nobody is told, and followed as any other",
    upstream: [],
    run: async (harness, cluster) => {
      await harness.apply(...WEB);
      await harness.agent.end("SIGKILL");
      await cluster.server.pause();
      await cluster.server.resume(WITHOUT_WATCH_LIST);
      try {
        assert.deepEqual(await startAgain(harness, cluster), { lists: 1, said: [] });
        await harness.apply(...CHANGED);
        await expectPods(CLIENT, ["p2", "p3"]);
      } finally {
        await cluster.server.pause();
        await cluster.server.resume();
      }
    },
  },
];
