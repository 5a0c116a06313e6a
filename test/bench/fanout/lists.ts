/** The ways to a whole collection, as thin as they can be: they count bytes. */
import { readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { Agent, request } from "node:https";
import { PAGE_OBJECTS } from "../../../src/kube/api/list.ts";
import { decodeObject } from "../../../src/kube/protobuf/decode.ts";
import { WATCH_TYPES } from "../watch-format.ts";
import type { Watched } from "./watchers.ts";

/** In pages of 500 objects, or at the head of a watch. */
export const LIST_WAYS = ["pages", "watch"] as const;

/** One of them. */
export type ListWay = (typeof LIST_WAYS)[number];

/** Where the collection is. */
export type Listed = Pick<Watched, "url" | "authority" | "path" | "format">;

const BY_WATCH = {
  ...{ watch: "1", allowWatchBookmarks: "true" },
  ...{ sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" },
};
/** In the bookmark behind the last object, in both forms. */
const END_OF_LIST = "k8s.io/initial-events-end";

/** Fetches the whole collection; returns its bytes. Rejects where the server gives it in no such way. */
export async function listBytes(listed: Listed, way: ListWay): Promise<number> {
  const agent = new Agent({ ca: readFileSync(listed.authority), keepAlive: true });
  try {
    return await (way === "pages" ? pagesBytes(listed, agent) : watchBytes(listed, agent));
  } finally {
    agent.destroy();
  }
}

async function pagesBytes(listed: Listed, agent: Agent): Promise<number> {
  const type = WATCH_TYPES[listed.format].replace(";stream=watch", "");
  let bytes = 0;
  let next: string | undefined;
  do {
    const query = { limit: `${PAGE_OBJECTS}`, ...(next !== undefined && { continue: next }) };
    const answer = await asked(listed, { agent, type, query });
    const parts: Buffer[] = [];
    for await (const part of answer) parts.push(part as Buffer);
    const page = Buffer.concat(parts);
    bytes += page.length;
    next = continueOf(page, listed.format);
  } while (next !== undefined);
  return bytes;
}

function continueOf(page: Buffer, format: Watched["format"]): string | undefined {
  const list: unknown = format === "json" ? JSON.parse(page.toString()) : decodeObject(page);
  const { metadata } = list as { readonly metadata?: { readonly continue?: string } };
  return metadata?.continue || undefined;
}

async function watchBytes(listed: Listed, agent: Agent): Promise<number> {
  const type = WATCH_TYPES[listed.format];
  const answer = await asked(listed, { agent, type, query: BY_WATCH });
  let bytes = 0;
  let tail = Buffer.alloc(0);
  for await (const part of answer) {
    const read = part as Buffer;
    bytes += read.length;
    tail = Buffer.concat([tail, read]);
    if (tail.includes(END_OF_LIST)) return bytes;
    tail = tail.subarray(-END_OF_LIST.length);
  }
  throw new Error(`${listed.path}: the watch ends before its list does`);
}

interface Asked {
  readonly agent: Agent;
  readonly type: string;
  readonly query: Readonly<Record<string, string>>;
}

function asked({ url, path }: Listed, { agent, type, query }: Asked): Promise<IncomingMessage> {
  const headers = { authorization: "Bearer admin", accept: type };
  return new Promise((resolve, reject) => {
    const sent = request(`${url}${path}?${new URLSearchParams(query)}`, { agent, headers });
    sent.on("error", reject);
    sent.on("response", (answer: IncomingMessage) => {
      if (answer.statusCode === 200) resolve(answer);
      else reject(new Error(`${path}: ${answer.statusCode}`));
    });
    sent.end();
  });
}
