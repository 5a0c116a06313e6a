/** The samples in a real API server, edited by requests to it. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubernetesObject } from "@kubernetes/client-node";
import { parse } from "yaml";
import { ApiCluster } from "../lab/api-cluster.ts";
import { editDocuments, type Samples } from "./samples.ts";

const FOLDER = "deploy/samples";
const EVENT_MS_MAX = 60_000;
const EVENT_LOOK_MS = 200;

/** Starts a server with the samples in it, and the rights of `deploy/base`. */
export async function clusterOfSamples(): Promise<Samples> {
  const cluster = await ApiCluster.open();
  let documents: readonly string[] = readdirSync(FOLDER).flatMap((file) =>
    readFileSync(join(FOLDER, file), "utf8").split(/^---\n/m),
  );
  const objects = documents
    .map((text) => parse(text) as KubernetesObject | null)
    .filter((object) => object !== null);
  await cluster.write({ put: objects, gone: [], last: [] });
  return {
    agentArguments: cluster.agentArguments,
    start:
      "kube-ipvs run --kubeconfig FILE: the samples are in a real kube-apiserver with etcd, " +
      "and kubectl apply -k deploy/base has given the agent its rights.",
    editBegins: "the request to the API server",
    edit: async (target, change) => {
      const { edited, changed, diff } = editDocuments(documents, target, change);
      documents = edited;
      const atMs = performance.now();
      await cluster.server.api.put(parse(changed) as KubernetesObject);
      return { atMs, diff };
    },
    events: (service) => eventsOf(cluster, service),
    breakTitle: "No API server",
    breakStory: "kube-apiserver is killed, and after a while started again.",
    breakages: [
      {
        what: "no API server",
        breakIt: async () => {
          await cluster.server.pause();
          return () => cluster.server.resume();
        },
      },
    ],
  };
}

/** All nodes find the same wrong at once, and wait for each other up to 30 s before they tell it. */
async function eventsOf(cluster: ApiCluster, service: string): Promise<string> {
  const startMs = performance.now();
  for (;;) {
    const text = await cluster.kubectl(
      ...["get", "events", "-n", "shop", "--field-selector", `involvedObject.name=${service}`],
      ...[
        "-o",
        "custom-columns=TYPE:type,REASON:reason,OBJECT:involvedObject.name,MESSAGE:message",
      ],
    );
    if (text.trim().includes("\n")) return text.trim();
    if (performance.now() - startMs > EVENT_MS_MAX) throw new Error(`no Event on ${service}`);
    await sleep(EVENT_LOOK_MS);
  }
}
