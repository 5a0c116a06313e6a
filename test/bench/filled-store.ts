/** A folder of etcd that holds a cluster, written once by a real API server beside the lab, and kept. */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import type { KubernetesObject } from "@kubernetes/client-node";
import { resourcePath } from "../lab/api-paths.ts";
import { ApiServer } from "../lab/api-server.ts";
import { CACHE, folder } from "../setup/paths.mjs";
import type { ClusterSize } from "./cluster.ts";
import { NAMESPACE, nodeObject, objectsOf } from "./cluster-objects.ts";

/** The node of the agent in every filled cluster. */
export const BENCH_NODE = "node-a";

/** Requests at a time. */
const CONCURRENCY = 32;
const PORT_MIN = 20_000;
const PORT_MAX = 30_000;
/** The server, and two of etcd. */
const PORTS = 3;

/** The folder for {@link ApiServer.start}'s `filled`. Takes a minute for 20,000 objects, once. */
export async function filledStore(size: ClusterSize): Promise<string> {
  const { services, endpointsPerService } = size;
  const objects = objectsOf(0, services, size);
  const hash = createHash("sha256").update(JSON.stringify(objects)).digest("hex").slice(0, 16);
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
      await makeAll(server, objects);
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
