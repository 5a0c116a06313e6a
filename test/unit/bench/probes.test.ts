/** Probes of a benchmark: at fixed times, and none hides the next. */
import { setTimeout as sleep } from "node:timers/promises";
import type { V1EndpointSlice } from "@kubernetes/client-node";
import { expect, test } from "vitest";
import { FrameCutter } from "../../../src/kube/api/frames.ts";
import { parseKind } from "../../../src/kube/parse-object.ts";
import { decodeWatchEvent } from "../../../src/kube/protobuf/decode.ts";
import { StringPool } from "../../../src/kube/string-pool.ts";
import type { ObservedDestination } from "../../../src/model/counters.ts";
import { serviceAddress } from "../../bench/cluster.ts";
import { sliceObject, storedService } from "../../bench/cluster-objects.ts";
import { KernelEye } from "../../bench/node/kernel-eye.ts";
import { onSchedule } from "../../bench/node/schedule.ts";
import { ToldChanges } from "../../bench/node/told-changes.ts";
import { eventBytes, WATCHED, type WatchEvent } from "../../bench/node/watch-events.ts";
import type { WatchFormat } from "../../bench/watch-format.ts";

test("a probe that waits does not put off the next, and late ones count from when they were due", async () => {
  let made = 0;
  const waits: (() => void)[] = [];
  const times = await onSchedule({
    everyMs: 10,
    isOver: () => made === 4,
    probe: async (dueMs) => {
      made += 1;
      // The first three are held up until the fourth is made; the second holds up everybody.
      if (made === 2) for (const startMs = performance.now(); performance.now() - startMs < 40; );
      if (made < 4) await new Promise<void>((resolve) => waits.push(resolve));
      for (const go of made === 4 ? waits : []) go();
      return performance.now() - dueMs;
    },
  });
  expect(times).toHaveLength(4);
  // Due 10 and 20 ms before the machine was free again.
  expect(times[2]).toBeGreaterThanOrEqual(20);
  expect(times[0]).toBeGreaterThan(times[2] ?? 0);
});

test("a probe that fails is an error at the end", async () => {
  let made = 0;
  const probing = onSchedule({
    everyMs: 1,
    isOver: () => made === 3,
    probe: () => {
      made += 1;
      return made === 1 ? Promise.reject(new Error("late")) : Promise.resolve(1);
    },
  });
  await expect(probing).rejects.toThrow("late");
});

/** Services by their address, with as many destinations that take connections. */
function eyeOn(table: Map<string, number>) {
  const asked: number[] = [];
  const eye = new KernelEye(
    {
      destinations: (keys) => {
        asked.push(keys.length);
        const found = keys.map((key) => {
          const count = "address" in key ? table.get(key.address) : undefined;
          const one = { weight: 1 } as ObservedDestination;
          const drained = { weight: 0 } as ObservedDestination;
          return count === undefined ? undefined : [drained, ...Array<typeof one>(count).fill(one)];
        });
        return Promise.resolve(found);
      },
      close: () => undefined,
    },
    1,
  );
  return { eye, asked };
}

test("one eye waits for many things, in one question, and says when each came", async () => {
  const table = new Map([["10.0.0.1", 1]]);
  const { eye, asked } = eyeOn(table);
  const key = (address: string) => ({ protocol: "tcp", address, port: 80 }) as const;
  const grown = eye.untilDestinations(key("10.0.0.1"), 2, 5_000);
  const gone = eye.until(key("10.0.0.2"), (taking) => taking === undefined, 5_000);
  const never = eye.untilDestinations(key("10.0.0.3"), 1, 20);
  never.catch(() => undefined);
  const goneMs = await gone;
  await sleep(5);
  table.set("10.0.0.1", 2);
  expect(await grown).toBeGreaterThan(goneMs);
  await expect(never).rejects.toThrow("undefined destinations");
  expect(Math.max(...asked)).toBeGreaterThan(1);
  expect(await eye.taking(key("10.0.0.1"))).toBe(2);
});

test("probes of one Service follow each other without waiting, for each has one endpoint more", async () => {
  const told: [name: string, endpoints: number][] = [];
  const send = (events: readonly WatchEvent[]): void => {
    for (const { object } of events) {
      told.push([object.metadata?.name ?? "", (object as V1EndpointSlice).endpoints.length]);
    }
  };
  const { eye } = eyeOn(new Map([[serviceAddress(7), 12]]));
  const changes = new ToldChanges({ send }, 10);
  const probe = changes.probe(eye, { first: 7, among: 1 });
  const [first = 0, second = 0] = await Promise.all([probe(0), probe(0)]);
  expect(Math.min(first, second)).toBeGreaterThan(0);
  changes.toggle(8);
  changes.toggle(8);
  const name = "service-7-1";
  expect(told).toEqual([
    [name, 11],
    [name, 12],
    ["service-8-1", 11],
    ["service-8-1", 10],
  ]);
});

const EVENTS: readonly WatchEvent[] = [
  { type: "DELETED", object: storedService(1) },
  { type: "DELETED", object: sliceObject(1, { endpointsPerService: 1 }) },
  { type: "ADDED", object: storedService(2) },
];

test("events are told by the path that they are watched at, in their order, a line each", () => {
  const bytes = eventBytes(EVENTS, "json");
  const services = bytes.get(WATCHED.Service)?.toString().split("\n") ?? [];
  expect(services.at(-1)).toBe("");
  expect(services.slice(0, -1).map((line) => JSON.parse(line) as unknown)).toMatchObject([
    { type: "DELETED", object: { metadata: { name: "service-1", resourceVersion: "1" } } },
    { type: "ADDED", object: { metadata: { name: "service-2" } } },
  ]);
  const slices = bytes.get(WATCHED.EndpointSlice)?.toString();
  expect(slices).toMatch(/^\{"type":"DELETED",.*"service-1-1".*\n$/);
});

test("in protobuf the agent reads of each event what it reads in JSON", () => {
  const added: readonly WatchEvent[] = [
    { type: "ADDED", object: storedService(2) },
    { type: "MODIFIED", object: sliceObject(2, { endpointsPerService: 3 }) },
  ];
  for (const [path, kind] of [
    [WATCHED.Service, "service"],
    [WATCHED.EndpointSlice, "slice"],
  ] as const) {
    const frames = new FrameCutter(1_000_000).take(bytesAt(path, added, "protobuf"));
    const lines = bytesAt(path, added, "json").toString().trimEnd().split("\n");
    const read = (object: object) => parseKind(kind, object, new StringPool(), "server");
    expect(frames).toHaveLength(1);
    const inJson = lines.map((line) => JSON.parse(line) as ReturnType<typeof decodeWatchEvent>);
    const inProtobuf = frames.map(decodeWatchEvent);
    expect(inProtobuf.map(({ type }) => type)).toEqual(inJson.map(({ type }) => type));
    expect(inProtobuf.map(({ object }) => read(object))).toEqual(
      inJson.map(({ object }) => read(object)),
    );
    expect(inProtobuf.map(({ object }) => read(object).verdict)).toEqual(["accepted"]);
  }
});

function bytesAt(path: string, events: readonly WatchEvent[], form: WatchFormat): Buffer {
  return eventBytes(events, form).get(path) ?? Buffer.alloc(0);
}
