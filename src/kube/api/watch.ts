/** A watch: the changes of a collection as the API server streams them, a line of JSON each. */
import type { Clock } from "../../base/clock.ts";
import type { ApiClient } from "./api-client.ts";
import { ApiError, connectionError, statusError } from "./api-error.ts";
import type { Resource } from "./resource.ts";

/** Bytes of one line; the API server stores objects of 1.5 MiB at most. */
export const WATCH_LINE_BYTES_MAX = 16 * 1024 * 1024;

/** A server that is there sends a bookmark once a minute; after this long it is asked again. */
export const WATCH_SILENCE_MS_MAX = 180_000;

/** One change. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: object;
  /** The version that the collection has with it. */
  readonly resourceVersion: string;
}

/** What is used of a client. */
export type WatchClient = Pick<ApiClient, "stream" | "server">;

/** What a watch needs. */
export interface WatchOptions {
  readonly client: WatchClient;
  readonly resource: Resource;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly resourceVersion: string;
  /** Seconds after which the server ends the watch. */
  readonly timeoutS: number;
}

/**
 * First nothing, once the server has agreed; then the events of one read each, in order, until the
 * server ends the watch, which it does after `timeoutS`. Throws an {@link ApiError}; `EXPIRED` when a new list is due.
 */
export async function* watch(options: WatchOptions): AsyncGenerator<readonly WatchEvent[], void> {
  const { client, resource, signal, resourceVersion, timeoutS } = options;
  const what = `watch ${resource.name}`;
  const query = {
    ...resource.query,
    watch: "1",
    allowWatchBookmarks: "true",
    resourceVersion,
    timeoutSeconds: String(timeoutS),
  };
  const stream = await client.stream(what, resource.path, { query, signal });
  stream.setTimeout(WATCH_SILENCE_MS_MAX, () => stream.destroy());
  try {
    yield [];
    yield* eventsIn(what, stream as AsyncIterable<Buffer>);
  } catch (cause) {
    throw connectionError(client.server, cause);
  } finally {
    stream.destroy();
  }
}

/** Cuts a stream into lines. What stands after the last line end of a stream that ends is cut off: dropped. */
async function* eventsIn(
  what: string,
  stream: AsyncIterable<Buffer>,
): AsyncGenerator<readonly WatchEvent[], void> {
  let parts: Buffer[] = [];
  let partBytes = 0;
  for await (const chunk of stream) {
    const events: WatchEvent[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, start)) {
      const line = Buffer.concat([...parts, chunk.subarray(start, end)]).toString();
      parts = [];
      partBytes = 0;
      start = end + 1;
      if (line.trim() !== "") events.push(readEvent(what, line));
    }
    const rest = chunk.subarray(start);
    if (rest.length > 0) parts.push(rest);
    partBytes += rest.length;
    if (partBytes > WATCH_LINE_BYTES_MAX) {
      throw new ApiError("MALFORMED", `${what}: a line over ${WATCH_LINE_BYTES_MAX} bytes`);
    }
    if (events.length > 0) yield events;
  }
}

const LINE_END = "\n".charCodeAt(0);

function readEvent(what: string, line: string): WatchEvent {
  const { type, object } = parseLine(what, line);
  if (type === "ERROR") {
    const status = "code" in object && typeof object.code === "number" ? object.code : 500;
    throw statusError(what, status, object);
  }
  if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED" && type !== "BOOKMARK") {
    throw new ApiError("MALFORMED", `${what}: an event of unknown type`);
  }
  const metadata = "metadata" in object ? object.metadata : undefined;
  const resourceVersion =
    typeof metadata === "object" && metadata !== null && "resourceVersion" in metadata
      ? metadata.resourceVersion
      : undefined;
  if (typeof resourceVersion !== "string") {
    throw new ApiError("MALFORMED", `${what}: an event without resourceVersion`);
  }
  return { type, object, resourceVersion };
}

function parseLine(what: string, line: string): { type: unknown; object: object } {
  try {
    const event: unknown = JSON.parse(line);
    if (typeof event === "object" && event !== null && "type" in event && "object" in event) {
      const { type, object } = event;
      if (typeof object === "object" && object !== null) return { type, object };
    }
  } catch (cause) {
    throw new ApiError("MALFORMED", `${what}: an event that is no JSON`, { cause });
  }
  throw new ApiError("MALFORMED", `${what}: an event that is none`);
}
