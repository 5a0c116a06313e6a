/**
 * A watch: the changes of a collection as the API server streams them, in protobuf or as lines of JSON. It may
 * begin with the whole collection (KEP-3157, by default in Kubernetes 1.32 and from 1.34 on): the server then tells
 * it from its memory, which costs it half of what a list in pages does.
 */
import { decodeWatchEvent } from "../protobuf/decode.ts";
import { type ApiClient, HEAD_MS_MAX } from "./api-client.ts";
import { ApiError, statusError } from "./api-error.ts";
import { FrameCutter } from "./frames.ts";
import { LineCutter } from "./lines.ts";
import type { Resource } from "./resource.ts";

/** Bytes of one event; the API server stores objects of 1.5 MiB at most. */
export const WATCH_EVENT_BYTES_MAX = 16 * 1024 * 1024;

/** A server that is there sends a bookmark once a minute; after this long it is asked again. */
export const WATCH_SILENCE_MS_MAX = 180_000;

/** The same where the server has not told all of the collection yet, which it has at hand. */
export const STATE_SILENCE_MS_MAX = 15_000;

/** To the head of such an answer: a busy server has requests wait for 15 s, and its memory may be 3 s late. */
export const STATE_HEAD_MS_MAX = 20_000;

/** The annotation of the bookmark that comes behind the collection. */
export const END_OF_STATE = "k8s.io/initial-events-end";

/** One change. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: object;
  /** The version that the collection has with it. */
  readonly resourceVersion: string;
  /** The collection that the watch began with has all been told. */
  readonly isEndOfState: boolean;
}

/** What a watch needs. */
export interface WatchOptions {
  readonly client: Pick<ApiClient, "stream">;
  readonly resource: Resource;
  readonly signal: AbortSignal;
  /** To begin behind; undefined: with everything that is there, each object as `ADDED`. */
  readonly resourceVersion: string | undefined;
  /** Seconds after which the server ends the watch. */
  readonly timeoutS: number;
}

/**
 * First nothing, once the server has agreed; then the events of one read each, in order, until the
 * server ends the watch, which it does after `timeoutS`. Throws an {@link ApiError}; `EXPIRED` when a
 * new list is due, and what {@link ListWay} knows where the server begins no watch with the collection.
 */
export async function* watch(options: WatchOptions): AsyncGenerator<readonly WatchEvent[], void> {
  const { client, resource, signal, resourceVersion, timeoutS } = options;
  const what = `watch ${resource.name}`;
  const query = {
    ...resource.query,
    watch: "1",
    allowWatchBookmarks: "true",
    timeoutSeconds: String(timeoutS),
    ...(resourceVersion === undefined ? FROM_STATE : { resourceVersion }),
  };
  let isState = resourceVersion === undefined;
  const silenceMs = (): number => (isState ? STATE_SILENCE_MS_MAX : WATCH_SILENCE_MS_MAX);
  const headMsMax = isState ? STATE_HEAD_MS_MAX : HEAD_MS_MAX;
  const asked = { query, signal, headMsMax, silenceMs, mayBeProtobuf: true };
  const { isProtobuf, chunks } = await client.stream(what, resource.path, asked);
  yield [];
  const cut = isProtobuf ? framesOf(what) : linesOf(what);
  for await (const chunk of chunks) {
    for (const events of readEvents(what, cutOrThrow(what, cut, chunk))) {
      isState &&= !events.some(({ isEndOfState }) => isEndOfState);
      yield events;
    }
  }
}

/** The query of a watch that begins with the collection as it is now, and nothing older. */
export const FROM_STATE = { sendInitialEvents: "true", resourceVersionMatch: "NotOlderThan" };

/** An event as it is on the wire, to be read when its turn comes. */
type RawEvent = () => { readonly type: unknown; readonly object: object };

type Cut = (chunk: Buffer) => readonly RawEvent[];

function linesOf(what: string): Cut {
  const cutter = new LineCutter(WATCH_EVENT_BYTES_MAX);
  return (chunk) =>
    cutter
      .take(chunk)
      .filter((line) => line.trim() !== "")
      .map((line) => () => parseLine(what, line));
}

function framesOf(what: string): Cut {
  const cutter = new FrameCutter(WATCH_EVENT_BYTES_MAX);
  return (chunk) => cutter.take(chunk).map((frame) => () => parseFrame(what, frame));
}

function cutOrThrow(what: string, cut: Cut, chunk: Buffer): readonly RawEvent[] {
  try {
    return cut(chunk);
  } catch (cause) {
    throw new ApiError("MALFORMED", `${what}: ${(cause as RangeError).message}`, { cause });
  }
}

/** All events of a read at once; those before a bad one are told before it is. */
function* readEvents(
  what: string,
  raw: readonly RawEvent[],
): Generator<readonly WatchEvent[], void> {
  const events: WatchEvent[] = [];
  try {
    for (const read of raw) events.push(checkEvent(what, read()));
  } finally {
    if (events.length > 0) yield events;
  }
}

function checkEvent(what: string, { type, object }: ReturnType<RawEvent>): WatchEvent {
  if (type === "ERROR") {
    const status = "code" in object && typeof object.code === "number" ? object.code : 500;
    throw statusError(what, status, object);
  }
  if (type !== "ADDED" && type !== "MODIFIED" && type !== "DELETED" && type !== "BOOKMARK") {
    throw new ApiError("MALFORMED", `${what}: an event of unknown type`);
  }
  const { metadata } = object as { readonly metadata?: Partial<EventMetadata> | null };
  const resourceVersion: unknown = metadata?.resourceVersion;
  if (typeof resourceVersion !== "string" || resourceVersion === "") {
    throw new ApiError("MALFORMED", `${what}: an event without resourceVersion`);
  }
  const isEndOfState = type === "BOOKMARK" && metadata?.annotations?.[END_OF_STATE] === "true";
  return { type, object, resourceVersion, isEndOfState };
}

/** As far as it is looked at, if it is there. */
interface EventMetadata {
  readonly resourceVersion: unknown;
  readonly annotations: Readonly<Record<string, unknown>> | null;
}

function parseFrame(what: string, frame: Buffer): ReturnType<RawEvent> {
  try {
    return decodeWatchEvent(frame);
  } catch (cause) {
    throw new ApiError("MALFORMED", `${what}: an event that cannot be read`, { cause });
  }
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
