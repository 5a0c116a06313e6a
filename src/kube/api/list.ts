/** A whole collection, page by page. Half a list is never told: it is all of it, or an error. */
import { inTurns } from "../../base/in-turns.ts";
import { KIND_NAMES } from "../parsed-object.ts";
import { AnswerBuffer } from "./answer-buffer.ts";
import type { ApiClient } from "./api-client.ts";
import { ApiError } from "./api-error.ts";
import type { Resource } from "./resource.ts";

/** Objects of one page: client-go's page size. */
export const PAGE_OBJECTS = 500;

/** Objects that are read in one turn of the event loop: some 5 ms, and many times that in a slow guest. */
export const READ_AT_A_TIME = 100;

/** Pages of one list; more than 25 million objects are no cluster. */
const PAGES_MAX = 50_000;

/** A page that is too large is asked for again in so many parts. */
const SMALLER_PAGE_PARTS = 4;

interface Page {
  /** Each is read when its turn comes; what is wrong with one is thrown then. */
  readonly items: Iterable<object>;
  readonly resourceVersion: string;
  /** "" on the last one. */
  readonly next: string;
}

/** How to list, and whom to tell. */
export interface ListOptions {
  readonly onItem: (item: object) => void;
  readonly signal: AbortSignal;
  /**
   * The server may answer from its memory, which costs it a fraction and may be a moment old. It mostly does
   * so in one page, whatever is asked for.
   */
  readonly mayBeOld?: boolean;
}

/**
 * Calls `onItem` for each object as it is on the server, and returns the version to watch from.
 * Rejects with an {@link ApiError}; `EXPIRED` when the list grew too old between two pages.
 */
export async function listAll(
  client: Pick<ApiClient, "get">,
  resource: Resource,
  { onItem, signal, mayBeOld = false }: ListOptions,
): Promise<string> {
  const what = `list ${resource.name}`;
  // A page is read before the next one is asked for.
  const memory = new AnswerBuffer();
  let limit = PAGE_OBJECTS;
  let next = "";
  let isCached = mayBeOld;
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const from = next === "" ? firstPage(isCached) : { continue: next };
    const query = { ...resource.query, limit: String(limit), ...from };
    const answer = await getPage(client, resource, { query, memory, signal });
    if (answer === "too large") {
      // From its memory the server does not give pages.
      if (!isCached) limit = smallerPage(what, limit);
      isCached = false;
      continue;
    }
    const page = readPage(what, resource, answer);
    await inTurns(page.items, READ_AT_A_TIME, onItem);
    if (page.next === "") return page.resourceVersion;
    if (page.next === next) throw new ApiError("MALFORMED", `${what}: the same page twice`);
    next = page.next;
  }
  throw new ApiError("MALFORMED", `${what}: over ${PAGES_MAX} pages`);
}

function firstPage(isCached: boolean): Readonly<Record<string, string>> {
  return isCached ? { resourceVersion: "0" } : {};
}

function smallerPage(what: string, limit: number): number {
  if (limit === 1) throw new ApiError("TOO_LARGE", `${what}: a page of one object is too large`);
  return Math.max(1, Math.floor(limit / SMALLER_PAGE_PARTS));
}

async function getPage(
  client: Pick<ApiClient, "get">,
  { name, path }: Resource,
  asked: Parameters<ApiClient["get"]>[2],
): Promise<object | "too large"> {
  try {
    return await client.get(`list ${name}`, path, { ...asked, mayBeProtobuf: true });
  } catch (error) {
    if (error instanceof ApiError && error.code === "TOO_LARGE") return "too large";
    throw error;
  }
}

function readPage(what: string, { kind }: Resource, answer: object): Page {
  const malformed = (why: string): ApiError => new ApiError("MALFORMED", `${what}: ${why}`);
  const { kind: found, items, metadata } = answer as Readonly<Record<string, unknown>>;
  const expected = `${KIND_NAMES[kind]}List`;
  if (found !== expected) throw malformed(`expected a ${expected}, found ${shown(found)}`);
  // An empty list may be null: that is how Go writes it.
  const list: unknown = items ?? [];
  const { resourceVersion, continue: next } = (metadata ?? {}) as Record<string, unknown>;
  if (!isIterable(list) || typeof resourceVersion !== "string" || resourceVersion === "") {
    throw malformed("the answer has no items, or no version");
  }
  return {
    items: checkedItems(list, malformed),
    resourceVersion,
    next: typeof next === "string" ? next : "",
  };
}

function* checkedItems(
  list: Iterable<unknown>,
  malformed: (why: string) => ApiError,
): Generator<object, void> {
  try {
    for (const item of list) {
      if (typeof item !== "object" || item === null) throw malformed("an item that is no object");
      yield item;
    }
  } catch (cause) {
    throw cause instanceof ApiError ? cause : malformed(`an item that cannot be read: ${cause}`);
  }
}

/** Texts can be iterated, too, and are no list. */
function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === "object" && value !== null && Symbol.iterator in value;
}

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, FOUND_TEXT_MAX)) : "nothing";
}

/** Characters of a found text that a message repeats. */
const FOUND_TEXT_MAX = 60;
