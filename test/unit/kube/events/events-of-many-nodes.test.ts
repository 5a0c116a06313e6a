/** Events that all nodes of a cluster find: one Event, few requests, and somebody who looks after it. */
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  ApiEventRecorder,
  EVENT_KNOWN_MS,
  EVENT_SPREAD_MS,
} from "../../../../src/kube/events/api-event-recorder.ts";
import { EVENT_FRESH_MS } from "../../../../src/kube/events/event-writer.ts";
import type { ClusterEvent, EventOutcome } from "../../../../src/model/cluster-event.ts";
import { TELL_AGAIN_MS } from "../../../../src/observe/finding-events.ts";
import { FakeEventApi } from "../../../fakes/fake-event-api.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";

/** How long the API server keeps an Event that nobody writes (`--event-ttl`). */
const TTL_MS = 3_600_000;

let clock: ManualClock;
let api: FakeEventApi;
let outcomes: EventOutcome[];
let stop: AbortController;
let running: Promise<void>[];

beforeEach(() => {
  clock = new ManualClock();
  api = new FakeEventApi();
  api.services.set("shop/web", "u-1");
  outcomes = [];
  stop = new AbortController();
  running = [];
});
afterEach(async () => {
  stop.abort();
  await Promise.all(running);
});

function recorderOf(nodeName: string): ApiEventRecorder {
  const recorder = new ApiEventRecorder({
    api,
    clock,
    nodeName,
    createdMs: () => 1_000,
    onOutcome: (outcome) => outcomes.push(outcome),
    onProblem: () => {},
    onSolved: () => {},
  });
  running.push(recorder.run(stop.signal));
  return recorder;
}

const nodes = (count: number) =>
  Array.from({ length: count }, (_, index) => recorderOf(`node-${index}`));

const EVENT: ClusterEvent = {
  regarding: { kind: "Service", name: "shop/web" },
  type: "Warning",
  reason: "BadScheduler",
  action: "ProgramService",
  note: "The scheduler rrr is none.",
};

const stored = () => [...api.events.values()];

function recordAll(recorders: readonly ApiEventRecorder[]): void {
  for (const recorder of recorders) recorder.record(EVENT);
}

test("what many nodes find is one Event, for which all but one make one request", async () => {
  recordAll(nodes(100));
  await clock.advance(EVENT_SPREAD_MS);
  expect(stored()).toHaveLength(1);
  expect(stored()[0]?.series).toBeUndefined();
  expect(outcomes.toSorted()).toEqual(["created", ...Array(99).fill("known")]);
  const methods = api.requests.map(({ method, path }) => `${method} ${path.split("/")[1]}`);
  // Is it there? By the first: which UID, and here it is.
  expect(methods).toHaveLength(102);
  expect(methods.filter((method) => method !== "GET apis")).toEqual(["GET api", "POST apis"]);
});

test("they ask at different times: of 100 nodes at most 12 in a second", async () => {
  recordAll(nodes(100));
  const asked: number[] = [];
  while (clock.nowMs() < EVENT_SPREAD_MS) {
    const before = api.requests.length;
    await clock.advance(1_000);
    asked.push(api.requests.length - before);
  }
  expect(Math.max(...asked)).toBeLessThanOrEqual(12);
});

test("what is about a node is told by that node alone, and at once", async () => {
  const [recorder] = nodes(1);
  recorder?.record({ ...EVENT, regarding: { kind: "Node", name: "node-0" } });
  await clock.advance(0);
  expect(outcomes).toEqual(["created"]);
});

test("an Event of another node is taken to be there for a while, without a request", async () => {
  const recorders = nodes(3);
  recordAll(recorders);
  await clock.advance(EVENT_SPREAD_MS);
  const asked = api.requests.length;
  await clock.advance(EVENT_KNOWN_MS - EVENT_SPREAD_MS);
  recordAll(recorders);
  await clock.advance(EVENT_SPREAD_MS);
  // The one that wrote it reads and counts it.
  expect(api.requests.length - asked).toBe(2);
  expect(stored()).toMatchObject([{ series: { count: 2 } }]);
});

test("while its writer lives, the others look at it and write nothing", async () => {
  const recorders = nodes(3);
  recordAll(recorders);
  await clock.advance(EVENT_SPREAD_MS);
  api.requests.length = 0;
  await clock.advance(TELL_AGAIN_MS - EVENT_SPREAD_MS);
  recordAll(recorders);
  await clock.advance(EVENT_SPREAD_MS);
  expect(api.requests.map(({ method }) => method).toSorted()).toEqual([
    ...Array(3).fill("GET"),
    "PATCH",
  ]);
});

test("one whose writer is gone is refreshed by another node before it goes away", async () => {
  const [first, second] = nodes(2);
  first?.record(EVENT);
  await clock.advance(EVENT_SPREAD_MS);
  await clock.advance(EVENT_FRESH_MS / 2);
  second?.record(EVENT);
  await clock.advance(TELL_AGAIN_MS);
  expect(outcomes).toEqual(["created", "known"]);
  second?.record(EVENT);
  await clock.advance(EVENT_SPREAD_MS);
  expect(outcomes).toEqual(["created", "known", "updated"]);
  expect(clock.nowMs()).toBeLessThan(TTL_MS);
  expect(stored()).toMatchObject([{ series: { count: 2 } }]);
});

test("the times between hold together: told again, asked for, refreshed, and only then gone", () => {
  expect(EVENT_KNOWN_MS).toBeLessThan(TELL_AGAIN_MS);
  expect(TELL_AGAIN_MS).toBeLessThan(EVENT_FRESH_MS);
  expect(EVENT_FRESH_MS).toBeLessThan(TTL_MS);
});

test("what happened several times before it was written is created with its count", async () => {
  const [recorder] = nodes(1);
  for (let i = 0; i < 3; i++) recorder?.record(EVENT);
  await clock.advance(EVENT_SPREAD_MS);
  expect(stored()).toMatchObject([{ series: { count: 3 } }]);
  expect(outcomes).toEqual(["known", "known", "created"]);
});

test("one that the server describes in strange words is counted, not trusted", async () => {
  const [recorder] = nodes(1);
  api.instead = ({ method, path }) =>
    method === "GET" && path.startsWith("/apis")
      ? { status: 200, body: { series: { count: "many", lastObservedTime: {} }, eventTime: [] } }
      : { status: 200, body: {} };
  recorder?.record(EVENT);
  await clock.advance(EVENT_SPREAD_MS);
  expect(outcomes).toEqual(["updated"]);
  expect(api.requests[1]?.body).toMatchObject({ series: { count: 2 } });
});
