/** A list of the API server, page by page, as JSON. */
import type { ApiRequests } from "../../lab/api-requests.ts";

/** All endpoint slices. */
export const SLICES_PATH = "/apis/discovery.k8s.io/v1/endpointslices";

const PAGE_OBJECTS = 500;

/** As it is in JSON: the type of client-node has other names. */
interface Page {
  readonly items: readonly unknown[];
  readonly metadata: { readonly continue?: string };
}

/** The items of each page. */
export async function* pagesOf(
  api: Pick<ApiRequests, "ask">,
  path: string,
): AsyncGenerator<readonly unknown[]> {
  let next = "";
  do {
    const from = next === "" ? "" : `&continue=${encodeURIComponent(next)}`;
    const { status, body } = await api.ask("GET", `${path}?limit=${PAGE_OBJECTS}${from}`);
    if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    const { items, metadata } = body as Page;
    yield items;
    next = metadata.continue ?? "";
  } while (next !== "");
}

/** The resource version of a collection: a watch from there is told of later changes alone. */
export async function versionOf(api: Pick<ApiRequests, "ask">, path: string): Promise<string> {
  const { status, body } = await api.ask("GET", `${path}?limit=1`);
  const { metadata } = body as { readonly metadata?: { readonly resourceVersion?: string } };
  if (metadata?.resourceVersion === undefined) throw new Error(`GET ${path}: ${status}`);
  return metadata.resourceVersion;
}
