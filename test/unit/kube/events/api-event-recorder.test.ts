/** Events against an API server: written once, counted after, limited, retried, and never in the way. */
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  ApiEventRecorder,
  EVENT_AGE_MS_MAX,
  EVENT_SERIES_MS,
  EVENT_SPREAD_MS,
  EVENTS_OF_ALL,
  EVENTS_OF_ONE_OBJECT,
  EVENTS_QUEUED_MAX,
} from "../../../../src/kube/events/api-event-recorder.ts";
import { EVENT_ANSWER_MS_MAX } from "../../../../src/kube/events/event-writer.ts";
import type { ClusterEvent, EventOutcome } from "../../../../src/model/cluster-event.ts";
import { FakeEventApi, refused } from "../../../fakes/fake-event-api.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";

let clock: ManualClock;
let api: FakeEventApi;
/** When each Service was made. */
let made: Map<string, number>;
let outcomes: EventOutcome[];
let problems: string[];
let solved: number;
let stop: AbortController;
let running: Promise<void>[];

beforeEach(() => {
  clock = new ManualClock();
  api = new FakeEventApi();
  api.services.set("shop/web", "u-1");
  made = new Map([["shop/web", 1_000]]);
  outcomes = [];
  problems = [];
  solved = 0;
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
    createdMs: (service) => made.get(service),
    onOutcome: (outcome) => outcomes.push(outcome),
    onProblem: ({ code, message }) => problems.push(`${code}: ${message}`),
    onSolved: () => solved++,
  });
  running.push(recorder.run(stop.signal));
  return recorder;
}

function event(note = "The scheduler rrr is none.", name = "shop/web"): ClusterEvent {
  return {
    regarding: { kind: "Service", name },
    type: "Warning",
    reason: "BadScheduler",
    action: "ProgramService",
    note,
  };
}

const stored = () => [...api.events.values()];
const writes = () => api.requests.filter(({ method }) => method !== "GET");

test("an event becomes an Event with the UID of its Service", async () => {
  recorderOf("node-1").record(event());
  await clock.advance(EVENT_SPREAD_MS);
  expect(api.requests[1]?.query).toEqual({ fieldSelector: "metadata.name=web" });
  expect(stored()).toMatchObject([{ note: event().note, regarding: { uid: "u-1", name: "web" } }]);
  expect(outcomes).toEqual(["created"]);
});

test("recording waits for nothing and asks nothing by itself", () => {
  recorderOf("node-1").record(event());
  expect(api.requests).toEqual([]);
});

test("what happens again is a count on the same Event, written at most every 6 minutes", async () => {
  const recorder = recorderOf("node-1");
  recorder.record(event());
  await clock.advance(EVENT_SPREAD_MS);
  for (let i = 0; i < 3; i++) recorder.record(event());
  await clock.advance(EVENT_SERIES_MS - EVENT_SPREAD_MS);
  expect(writes()).toHaveLength(1);
  await clock.advance(EVENT_SPREAD_MS);
  expect(writes()).toHaveLength(2);
  expect(stored()).toMatchObject([{ series: { count: 4 } }]);
  expect(outcomes).toEqual(["created", "known", "known", "updated"]);
});

test("an Event whose time is over is written anew", async () => {
  const recorder = recorderOf("node-1");
  recorder.record(event());
  await clock.advance(EVENT_SPREAD_MS);
  api.events.clear();
  recorder.record(event());
  await clock.advance(EVENT_SERIES_MS);
  expect(stored()).toHaveLength(1);
  expect(stored()[0]?.series).toBeUndefined();
  expect(outcomes).toEqual(["created", "created"]);
});

test("a Service of the same name made anew gets an Event of its own", async () => {
  const recorder = recorderOf("node-1");
  recorder.record(event());
  await clock.advance(EVENT_SPREAD_MS);
  api.services.set("shop/web", "u-2");
  made.set("shop/web", 2_000);
  recorder.record(event());
  await clock.advance(EVENT_SERIES_MS);
  expect(stored().map(({ regarding }) => regarding["uid"])).toEqual(["u-1", "u-2"]);
});

test("nothing is written about a Service that is gone, or in a namespace on its way out", async () => {
  const recorder = recorderOf("node-1");
  made.delete("shop/web");
  recorder.record(event());
  await clock.advance(EVENT_SPREAD_MS);
  expect(api.requests).toEqual([]);
  made.set("shop/web", 1_000);
  api.services.delete("shop/web");
  recorder.record(event());
  await clock.advance(EVENT_SPREAD_MS);
  expect(writes()).toEqual([]);
  api.services.set("shop/web", "u-1");
  api.instead = ({ method }) =>
    method === "POST" ? refused(403, "being terminated", "NamespaceTerminating") : undefined;
  recorder.record(event());
  await clock.advance(EVENT_SPREAD_MS);
  expect(outcomes).toEqual(["gone", "gone", "gone"]);
  expect(problems).toEqual([]);
});

test("one object may cause 25 events at once and then one in 5 minutes", async () => {
  const recorder = recorderOf("node-1");
  for (let i = 0; i < EVENTS_OF_ONE_OBJECT.burst + 5; i++) recorder.record(event(`note ${i}`));
  expect(outcomes).toEqual(Array(5).fill("dropped"));
  await clock.advance(EVENTS_OF_ONE_OBJECT.everyMs);
  recorder.record(event("one more"));
  recorder.record(event("two more"));
  expect(outcomes.filter((outcome) => outcome === "dropped")).toHaveLength(6);
});

test("all objects together are written as fast as the overall limit allows", async () => {
  const recorder = recorderOf("node-1");
  // More than are allowed in the time over which they are spread.
  const services = EVENTS_OF_ALL.burst + EVENT_SPREAD_MS / EVENTS_OF_ALL.everyMs + 50;
  for (let i = 0; i < services; i++) {
    api.services.set(`shop/s${i}`, `u-s${i}`);
    made.set(`shop/s${i}`, 1_000);
    recorder.record(event("the same", `shop/s${i}`));
  }
  await clock.advance(EVENT_SPREAD_MS);
  const allowed = EVENTS_OF_ALL.burst + EVENT_SPREAD_MS / EVENTS_OF_ALL.everyMs;
  expect(stored().length).toBeGreaterThanOrEqual(EVENTS_OF_ALL.burst);
  expect(stored().length).toBeLessThanOrEqual(allowed);
  await clock.advance(60 * EVENTS_OF_ALL.everyMs);
  expect(stored()).toHaveLength(services);
});

test("what is over the queue is dropped and counted", () => {
  const recorder = recorderOf("node-1");
  for (let i = 0; i < EVENTS_QUEUED_MAX + 2; i++) recorder.record(event("the same", `shop/s${i}`));
  expect(outcomes).toEqual(["dropped", "dropped"]);
});

test("a server that is away is one problem, asked again with a growing wait, and then solved", async () => {
  const recorder = recorderOf("node-1");
  api.instead = () => Promise.reject(new Error("ECONNREFUSED"));
  recorder.record(event());
  await clock.advance(EVENT_SPREAD_MS + 60_000);
  expect(problems).toEqual(["unreachable: Events cannot be told: Error: ECONNREFUSED"]);
  expect(api.requests.length).toBeGreaterThan(3);
  expect(api.requests.length).toBeLessThan(8);
  api.instead = undefined;
  await clock.advance(60_000);
  expect(stored()).toHaveLength(1);
  expect(solved).toBe(1);
  expect(outcomes).toEqual(["created"]);
});

test("an event that cannot be written for 10 minutes is given up", async () => {
  const recorder = recorderOf("node-1");
  api.instead = () => refused(503, "no leader");
  recorder.record(event());
  await clock.advance(EVENT_SPREAD_MS + EVENT_AGE_MS_MAX + 60_000);
  expect(outcomes).toEqual(["failed"]);
  const asked = api.requests.length;
  await clock.advance(3_600_000);
  expect(api.requests).toHaveLength(asked);
});

test("a right that lacks is said once, with the rule to add", async () => {
  const recorder = recorderOf("node-1");
  api.instead = ({ method }) => (method === "POST" ? refused(403, "forbidden") : undefined);
  recorder.record(event());
  await clock.advance(EVENT_SPREAD_MS + 120_000);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain(
    "{apiGroups: [events.k8s.io], resources: [events], verbs: [get, create, patch]}",
  );
  expect(problems[0]).toMatch(/^forbidden: .*status 403: forbidden$/);
});

test("an event that the server will never take is given up at once, and the next one is written", async () => {
  const recorder = recorderOf("node-1");
  api.instead = ({ body }) =>
    JSON.stringify(body)?.includes("bad note") ? refused(422, "note: invalid") : undefined;
  recorder.record(event("bad note"));
  await clock.advance(EVENT_SPREAD_MS);
  recorder.record(event("good note"));
  await clock.advance(EVENT_SPREAD_MS);
  expect(outcomes).toEqual(["failed", "created"]);
  expect(problems).toEqual([
    "rejected: Event BadScheduler about Service shop/web: status 422: note: invalid",
  ]);
});

test("a server that never answers holds up nothing for longer than its time", async () => {
  const recorder = recorderOf("node-1");
  api.instead = () => new Promise(() => {});
  recorder.record(event());
  await clock.advance(EVENT_SPREAD_MS + EVENT_ANSWER_MS_MAX);
  expect(problems).toEqual([
    `unreachable: Events cannot be told: no answer within ${EVENT_ANSWER_MS_MAX} ms`,
  ]);
  api.instead = undefined;
  await clock.advance(2 * EVENT_ANSWER_MS_MAX);
  expect(stored()).toHaveLength(1);
});

test("it ends at once, also in the middle of a request", async () => {
  const recorder = recorderOf("node-1");
  api.instead = () => new Promise(() => {});
  recorder.record(event());
  while (api.requests.length === 0) await clock.advance(EVENT_ANSWER_MS_MAX / 10);
  stop.abort();
  await Promise.all(running);
  expect(outcomes).toEqual([]);
  expect(problems).toEqual([]);
});
