/** The floor of a start: both lists paged and parsed as JSON by plain Node, and nothing done with them. */
import { ApiRequests } from "../../../lab/api-requests.ts";
import type { NodeTask } from "../node-task.ts";
import { pagesOf, SLICES_PATH } from "../pages.ts";

const PATHS = ["/api/v1/services", SLICES_PATH];

/** What was measured. */
export interface ListResult {
  readonly tookMs: number;
  readonly objects: number;
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
  for await (const items of pagesOf(api, path)) objects += items.length;
  return objects;
}
