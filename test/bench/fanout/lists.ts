/** The ways to a whole collection, as thin as they can be: they count bytes. */
import type { ApiClient } from "../../../src/kube/api/api-client.ts";
import { PAGE_OBJECTS } from "../../../src/kube/api/list.ts";
import { END_OF_STATE, FROM_STATE } from "../../../src/kube/api/watch.ts";
import { decodeObject } from "../../../src/kube/protobuf/decode.ts";
import type { WatchFormat } from "../watch-format.ts";

/** In pages of 500 objects, or at the head of a watch. */
export const LIST_WAYS = ["pages", "watch"] as const;

/** One of them. */
export type ListWay = (typeof LIST_WAYS)[number];

/** Where the collection is, and in which form it is asked for. */
export interface Listed {
  readonly client: Pick<ApiClient, "stream">;
  readonly path: string;
  readonly format: WatchFormat;
}

const SILENCE_MS = 30_000;

/** Fetches the whole collection; returns its bytes. Rejects where the server gives it in no such way. */
export function listBytes(listed: Listed, way: ListWay): Promise<number> {
  return way === "pages" ? pagesBytes(listed) : watchBytes(listed);
}

async function pagesBytes(listed: Listed): Promise<number> {
  let bytes = 0;
  let next: string | undefined;
  do {
    const query = { limit: `${PAGE_OBJECTS}`, ...(next !== undefined && { continue: next }) };
    const parts: Buffer[] = [];
    for await (const part of await answered(listed, query)) parts.push(part);
    const page = Buffer.concat(parts);
    bytes += page.length;
    next = continueOf(page, listed.format);
  } while (next !== undefined);
  return bytes;
}

function continueOf(page: Buffer, format: WatchFormat): string | undefined {
  const list: unknown = format === "json" ? JSON.parse(page.toString()) : decodeObject(page);
  const { metadata } = list as { readonly metadata?: { readonly continue?: string } };
  return metadata?.continue || undefined;
}

async function watchBytes(listed: Listed): Promise<number> {
  let bytes = 0;
  let tail = Buffer.alloc(0);
  const query = { watch: "1", allowWatchBookmarks: "true", ...FROM_STATE };
  for await (const part of await answered(listed, query)) {
    bytes += part.length;
    tail = Buffer.concat([tail, part]);
    if (tail.includes(END_OF_STATE)) return bytes;
    tail = tail.subarray(-END_OF_STATE.length);
  }
  throw new Error(`${listed.path}: the watch ends before its list does`);
}

async function answered(
  { client, path, format }: Listed,
  query: Readonly<Record<string, string>>,
): Promise<AsyncIterable<Buffer>> {
  const { signal } = new AbortController();
  const mayBeProtobuf = format === "protobuf";
  const asked = { query, mayBeProtobuf, signal, silenceMs: () => SILENCE_MS };
  const { isProtobuf, chunks } = await client.stream(`list ${path}`, path, asked);
  if (isProtobuf !== mayBeProtobuf) throw new Error(`${path}: not in ${format}`);
  return chunks;
}
