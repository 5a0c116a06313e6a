/** A whole collection, page by page. Half a list is never told: it is all of it, or an error. */

import type { ApiClient } from "./api-client.ts";
import { ApiError } from "./api-error.ts";
import type { Resource } from "./resource.ts";

/** Objects of one page: client-go's page size. */
export const PAGE_OBJECTS = 500;

/** Pages of one list; more than 25 million objects are no cluster. */
const PAGES_MAX = 50_000;

/** What is used of a client. */
export type ListClient = Pick<ApiClient, "get">;

interface ListPage {
  readonly kind?: unknown;
  readonly items?: unknown;
  readonly metadata?: { readonly resourceVersion?: unknown; readonly continue?: unknown };
}

/**
 * Calls `onItem` for each object as it is on the server, and returns the version to watch from.
 * Rejects with an {@link ApiError}; `EXPIRED` when the list grew too old between two pages.
 */
export async function listAll(
  client: ListClient,
  resource: Resource,
  { onItem, signal }: { readonly onItem: (item: object) => void; readonly signal: AbortSignal },
): Promise<string> {
  const what = `list ${resource.name}`;
  let next = "";
  for (let page = 0; page < PAGES_MAX; page++) {
    const query = {
      ...resource.query,
      limit: String(PAGE_OBJECTS),
      ...(next !== "" && { continue: next }),
    };
    const answer = (await client.get(what, resource.path, { query, signal })) as ListPage;
    const { items, metadata } = answer;
    if (!Array.isArray(items) || typeof metadata?.resourceVersion !== "string") {
      throw new ApiError("MALFORMED", `${what}: the answer is no list`);
    }
    for (const item of items) {
      if (typeof item === "object" && item !== null) onItem(item);
      else throw new ApiError("MALFORMED", `${what}: an item that is no object`);
    }
    next = typeof metadata.continue === "string" ? metadata.continue : "";
    if (next === "") return metadata.resourceVersion;
  }
  throw new ApiError("MALFORMED", `${what}: over ${PAGES_MAX} pages`);
}
