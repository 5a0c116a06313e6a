/** How many endpoints the store has: what a complete table has rows for. */
import type { V1EndpointSlice } from "@kubernetes/client-node";
import { ApiRequests } from "../../lab/api-requests.ts";
import type { NodeTask } from "./node-task.ts";
import { pagesOf, SLICES_PATH } from "./pages.ts";

/** All of them: those of benchmarks are ready, and each is of one Service of one port. */
export async function storedEndpoints({ server }: Pick<NodeTask, "server">): Promise<number> {
  const api = new ApiRequests(server.url, server.authority);
  let count = 0;
  try {
    for await (const items of pagesOf(api, SLICES_PATH)) {
      for (const slice of items as readonly V1EndpointSlice[]) {
        count += slice.endpoints?.length ?? 0;
      }
    }
  } finally {
    api.close();
  }
  return count;
}
