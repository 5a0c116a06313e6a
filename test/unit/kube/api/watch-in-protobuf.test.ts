/** A watch whose events come in protobuf: frames that are cut anywhere, and those that are none. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { ApiError } from "../../../../src/kube/api/api-error.ts";
import { SERVICES } from "../../../../src/kube/api/resource.ts";
import { WATCH_EVENT_BYTES_MAX, type WatchEvent, watch } from "../../../../src/kube/api/watch.ts";
import { envelope, type Fields, message } from "../../../fakes/protobuf-writer.ts";

function frame(bytes: Uint8Array): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function event(type: string, kind: string, object: Fields): Buffer {
  return frame(message({ 1: type, 2: { 1: envelope("v1", kind, object) } }));
}

const ADDED = event("ADDED", "Service", { 1: { 1: "web", 3: "shop", 6: "7" } });
const BOOKMARK = event("BOOKMARK", "Service", { 1: { 6: "9" } });
const GONE = event("ERROR", "Status", { 2: "Failure", 3: "too old", 6: 410 });

async function eventsOf(chunks: readonly Buffer[]): Promise<WatchEvent[]> {
  const client = {
    stream: async (_what: string, _path: string, asked: { readonly mayBeProtobuf?: boolean }) => {
      expect(asked.mayBeProtobuf).toBe(true);
      return { isProtobuf: true, chunks: all(chunks) };
    },
  };
  const { signal } = new AbortController();
  const options = { client, resource: SERVICES, signal, resourceVersion: "1", timeoutS: 300 };
  const events: WatchEvent[] = [];
  for await (const batch of watch(options)) events.push(...batch);
  return events;
}

async function* all(chunks: readonly Buffer[]): AsyncGenerator<Buffer, void> {
  yield* chunks;
}

test("events are what they are wherever the stream is cut", async () => {
  const bytes = Buffer.concat([ADDED, BOOKMARK, ADDED]);
  const cuts = fc.uniqueArray(fc.integer({ min: 1, max: bytes.length - 1 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(cuts, async (places) => {
      const ends = [...places.sort((a, b) => a - b), bytes.length];
      const chunks = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
      const events = await eventsOf(chunks);
      expect(events.map(({ type, resourceVersion }) => [type, resourceVersion])).toEqual([
        ["ADDED", "7"],
        ["BOOKMARK", "9"],
        ["ADDED", "7"],
      ]);
      expect(events[0]?.object).toMatchObject({ metadata: { name: "web", namespace: "shop" } });
    }),
  );
});

test("of an object that is gone only its identity is read: the rest may be long, and nobody asks for it", async () => {
  const metadata = { 1: "web", 3: "shop", 6: "8", 11: { 1: "app", 2: "web" } };
  const unreadable = new Uint8Array([0xff]);
  const [gone] = await eventsOf([event("DELETED", "Service", { 1: metadata, 2: unreadable })]);
  expect(gone?.object).toEqual({
    ...{ apiVersion: "v1", kind: "Service" },
    metadata: { name: "web", namespace: "shop", resourceVersion: "8" },
  });
  const added = eventsOf([event("ADDED", "Service", { 1: metadata, 2: unreadable })]);
  await expect(added).rejects.toMatchObject({ code: "MALFORMED" });
});

test("of a bookmark it is read whether the collection ends there, and nothing of its kind", async () => {
  const metadata = { 6: "9", 12: { 1: "k8s.io/initial-events-end", 2: "true" } };
  const [end] = await eventsOf([event("BOOKMARK", "Service", { 1: metadata, 2: "no spec" })]);
  expect(end).toMatchObject({ type: "BOOKMARK", resourceVersion: "9", isEndOfState: true });
  const [added, bookmark] = await eventsOf([
    event("ADDED", "Service", { 1: { 1: "web", 3: "shop", ...metadata } }),
    BOOKMARK,
  ]);
  expect([added?.isEndOfState, bookmark?.isEndOfState]).toEqual([false, false]);
});

test("a version that is too old asks for a new list", async () => {
  await expect(eventsOf([ADDED, GONE])).rejects.toMatchObject({ code: "EXPIRED" });
});

test("an event that has not come whole when the stream ends is none", async () => {
  expect(await eventsOf([Buffer.concat([ADDED, ADDED.subarray(0, 20)])])).toHaveLength(1);
});

const TOO_LONG = Buffer.alloc(4);
TOO_LONG.writeUInt32BE(WATCH_EVENT_BYTES_MAX + 1);

test.each([
  ["a frame that is too long", TOO_LONG, /frame of more than/],
  ["bytes that are no event", frame(Buffer.from("{}")), /cannot be read/],
  ["an event without an object", frame(message({ 1: "ADDED" })), /cannot be read/],
  ["an unknown type", event("CHANGED", "Service", { 1: { 6: "1" } }), /unknown type/],
  ["no version", event("ADDED", "Service", { 1: { 1: "web" } }), /without resourceVersion/],
])("%s ends the watch with an error that says so", async (_, bytes, text) => {
  const error: unknown = await eventsOf([bytes]).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ code: "MALFORMED", message: expect.stringMatching(text) });
});
