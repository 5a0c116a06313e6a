/** The guest's side of `npm run bench:fanout`. Arguments: a folder of etcd, and the size of the cluster as JSON. */
import { setTimeout as sleep } from "node:timers/promises";
import type { V1EndpointSlice } from "@kubernetes/client-node";
import { systemClock } from "../../../src/base/clock.ts";
import { ApiClient } from "../../../src/kube/api/api-client.ts";
import { ApiServer } from "../../lab/api-server.ts";
import { report } from "../../lab/report.ts";
import { shell } from "../../lab/shell.ts";
import { guestFacts } from "../boot-facts.ts";
import type { ClusterSize } from "../cluster.ts";
import { sliceObject } from "../cluster-objects.ts";
import { versionOf } from "../node/pages.ts";
import { median } from "../row.ts";
import { WATCH_FORMATS, type WatchFormat } from "../watch-format.ts";
import { LIST_WAYS, type ListWay, listBytes } from "./lists.ts";
import { Watchers } from "./watchers.ts";

/** All counts in turn, so many times: what else the machine does is not in all of them. */
const ROUNDS = 3;
const WATCHERS = [0, 1, 10, 50, 100];
const CHANGES = 100;
/** Slow enough for the guest's one processor with all its clients. */
const CHANGE_EVERY_MS = 100;
const SEEN_MS_MAX = 60_000;
const PATH = "/apis/discovery.k8s.io/v1/endpointslices";

/** So many clients that follow so many changes. */
export interface FanOut {
  readonly kind: "watch";
  readonly format: WatchFormat;
  readonly watchers: number;
  readonly changes: number;
  /** Processor time of the API server. */
  readonly serverS: number;
  /** Of all clients together. */
  readonly bytes: number;
  /** From the answer to the change until the last client has it, the median. */
  readonly lastSeenMs: number;
}

/** One list of all slices. */
export interface ListCost {
  readonly kind: "list";
  readonly way: ListWay;
  readonly format: WatchFormat;
  readonly objects: number;
  readonly serverS: number;
  readonly bytes: number;
}

const [filled = "", sizeText = ""] = process.argv.slice(2);
const size = JSON.parse(sizeText) as ClusterSize;
await shell("hostname bench; ip link set lo up\n");
const server = await ApiServer.start({ filled });
const { api } = server;
const client = new ApiClient({ kubeconfig: server.kubeconfig("admin"), master: "" }, systemClock);

report(guestFacts());
for (let round = 0; round < ROUNDS; round++) {
  for (const format of WATCH_FORMATS) {
    for (const way of LIST_WAYS) report(await list(format, way));
    for (const watchers of WATCHERS) report(await fanOut(format, watchers));
  }
}
client.close();
await server.stop();

async function list(format: WatchFormat, way: ListWay): Promise<ListCost> {
  const before = serverS();
  const bytes = await listBytes({ client, path: PATH, format }, way);
  const { services: objects } = size;
  return { kind: "list", way, format, objects, serverS: serverS() - before, bytes };
}

async function fanOut(format: WatchFormat, count: number): Promise<FanOut> {
  const watchers = await Watchers.open(count, {
    ...watched(format),
    resourceVersion: await versionOf(api, PATH),
  });
  try {
    const seenMs: number[] = [];
    const before = serverS();
    for (let change = 1; change <= CHANGES; change++) {
      const startMs = performance.now();
      await api.put(grownSlice(change));
      const answeredMs = performance.now();
      await watchers.until(change, SEEN_MS_MAX);
      seenMs.push(performance.now() - answeredMs);
      await sleep(Math.max(0, CHANGE_EVERY_MS - (performance.now() - startMs)));
    }
    const { bytes } = watchers;
    return {
      ...{ kind: "watch", format, watchers: count, changes: CHANGES },
      ...{ serverS: serverS() - before, bytes, lastSeenMs: median(seenMs) },
    };
  } finally {
    watchers.close();
  }
}

let isGrown = false;

/** Each round makes what the one before did not. */
function grownSlice(change: number): V1EndpointSlice {
  if (change === 1) isGrown = !isGrown;
  const endpointsPerService = size.endpointsPerService + (isGrown ? 1 : 0);
  return sliceObject(change, { endpointsPerService });
}

function watched(format: WatchFormat) {
  return { url: server.url, authority: server.authority, path: PATH, format, hasBookmarks: true };
}

function serverS(): number {
  return server.usage().server.processorS;
}
