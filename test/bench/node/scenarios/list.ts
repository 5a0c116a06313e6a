/** The floor of a start: both lists paged and parsed as JSON by plain Node, and nothing done with them. */
import { ApiRequests } from "../../../lab/api-requests.ts";
import type { NodeTask } from "../node-task.ts";

const PATHS = ["/api/v1/services", "/apis/discovery.k8s.io/v1/endpointslices"];
const PAGE_OBJECTS = 500;

/** What was measured. */
export interface ListResult {
  readonly tookMs: number;
  readonly objects: number;
}

/** As it is in JSON: the type of client-node has other names. */
interface Page {
  readonly items: readonly unknown[];
  readonly metadata: { readonly continue?: string };
}

/** Runs it. */
export async function list({ server }: NodeTask): Promise<ListResult> {
  const api = new ApiRequests(server.url, server.authority);
  const startMs = performance.now();
  const counts = await Promise.all(PATHS.map((path) => count(api, path)));
  const tookMs = performance.now() - startMs;
  api.close();
  return { tookMs, objects: counts.reduce((sum, objects) => sum + objects, 0) };
}

async function count(api: ApiRequests, path: string): Promise<number> {
  let objects = 0;
  let next = "";
  do {
    const from = next === "" ? "" : `&continue=${encodeURIComponent(next)}`;
    const { status, body } = await api.ask("GET", `${path}?limit=${PAGE_OBJECTS}${from}`);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    const { items, metadata } = body as Page;
    objects += items.length;
    next = metadata.continue ?? "";
  } while (next !== "");
  return objects;
}
