/**
 * A folder of etcd that holds a cluster, written once beside the lab through a real API server, and kept.
 * Services alone go straight into etcd: see `stored-services.ts`.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { KubernetesListObject, KubernetesObject } from "@kubernetes/client-node";
import { resourcePath } from "../lab/api-paths.ts";
import { ApiServer } from "../lab/api-server.ts";
import { CACHE, folder } from "../setup/paths.mjs";
import { BENCH_NODE } from "./bench-node.ts";
import type { ClusterSize } from "./cluster.ts";
import { NAMESPACE, nodeObject, sliceObject, storedService } from "./cluster-objects.ts";
import { storeInProtobuf, storeServices } from "./stored-services.ts";

/** Requests at a time. */
const CONCURRENCY = 32;
/** To be changed with the way in which objects are stored. */
const FORM = "protobuf";
const ADDRESSES_MS_MAX = 900_000;
const POLL_MS = 500;
const HASH_DIGITS = 16;
const PORT_MIN = 20_000;
const PORT_MAX = 30_000;
/** The server, and two of etcd. */
const PORTS = 3;

/** The folder for {@link ApiServer.start}'s `filled`. Takes a minute for 20,000 objects, once. */
export async function filledStore(size: ClusterSize): Promise<string> {
  const { services, endpointsPerService } = size;
  const objects = Array.from({ length: services }, (_, service) => sliceObject(service, size));
  const hash = createHash("sha256")
    .update(JSON.stringify([FORM, storedService(0), objects]))
    .digest("hex")
    .slice(0, HASH_DIGITS);
  const kept = folder(join(CACHE, "bench"));
  const name = `etcd-${services}x${endpointsPerService}-`;
  const path = join(kept, `${name}${hash}`);
  if (existsSync(path)) return path;
  for (const old of readdirSync(kept)) {
    if (old.startsWith(name)) rmSync(join(kept, old), { recursive: true });
  }
  const making = mkdtempSync(join(kept, "making-"));
  try {
    const server = await ApiServer.start({ folder: making, port: await freePort() });
    try {
      await server.api.put({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
      await server.api.put(nodeObject(BENCH_NODE));
      await storeServices(server, services);
      await makeAll(server, objects);
      await untilAddressesAreKept(server, services);
      await storeInProtobuf(server);
    } finally {
      await server.stop();
    }
    renameSync(join(making, "etcd"), path);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return path;
}

async function makeAll(server: ApiServer, objects: readonly KubernetesObject[]): Promise<void> {
  const left = objects.values();
  const work = async (): Promise<void> => {
    for (const object of left) {
      const path = resourcePath(object).replace(/\/[^/]*$/, "");
      const { status, body } = await server.api.ask("POST", path, { body: object });
      if (status !== 201) throw new Error(`POST ${path}: ${status} ${JSON.stringify(body)}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
}

/** The server makes an object for the address of each Service that has none: not in the guest. */
async function untilAddressesAreKept(server: ApiServer, count: number): Promise<void> {
  for (const startMs = performance.now(); performance.now() - startMs < ADDRESSES_MS_MAX; ) {
    const { body } = await server.api.ask("GET", "/apis/networking.k8s.io/v1/ipaddresses?limit=1");
    const { metadata } = body as KubernetesListObject<KubernetesObject>;
    if ((metadata?.remainingItemCount ?? 0) + 1 >= count) return;
    await sleep(POLL_MS);
  }
  throw new Error(`not ${count} addresses within ${ADDRESSES_MS_MAX} ms`);
}

/** The first of as many free ones as are needed. */
async function freePort(): Promise<number> {
  for (let port = PORT_MIN; port < PORT_MAX; port += PORTS) {
    const wanted = Array.from({ length: PORTS }, (_, index) => port + index);
    const free = await Promise.all(wanted.map(isFree));
    if (free.every(Boolean)) return port;
  }
  throw new Error(`no free port from ${PORT_MIN} to ${PORT_MAX}`);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
