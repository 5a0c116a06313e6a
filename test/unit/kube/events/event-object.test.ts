/** Events in the form and within the limits of the API server. */
import { expect, test } from "vitest";
import {
  cutToBytes,
  eventName,
  eventObject,
  eventsPath,
  microTime,
} from "../../../../src/kube/events/event-object.ts";
import type { ClusterEvent } from "../../../../src/model/cluster-event.ts";

const EVENT: ClusterEvent = {
  regarding: { kind: "Service", name: "shop/web" },
  type: "Warning",
  reason: "BadScheduler",
  action: "ProgramService",
  note: "The scheduler rrr is none.",
};
const FACTS = {
  uid: "u-1",
  createdMs: 1_000,
  nodeName: "node-1",
  atMs: Date.UTC(2026, 0, 2, 3, 4, 5, 6),
  times: 1,
};

test("an event becomes an Event beside its Service", () => {
  const object = eventObject(EVENT, FACTS);
  expect(object).toEqual({
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: eventName(EVENT, 1_000), namespace: "shop" },
    eventTime: "2026-01-02T03:04:05.006000Z",
    reportingController: "kube-ipvs",
    reportingInstance: "node-1",
    action: "ProgramService",
    reason: "BadScheduler",
    regarding: { apiVersion: "v1", kind: "Service", namespace: "shop", name: "web", uid: "u-1" },
    note: "The scheduler rrr is none.",
    type: "Warning",
  });
  expect(eventsPath(EVENT.regarding)).toBe("/apis/events.k8s.io/v1/namespaces/shop/events");
});

test("what happened several times is an Event with its count", () => {
  expect(eventObject(EVENT, { ...FACTS, times: 3 }).series).toEqual({
    count: 3,
    lastObservedTime: "2026-01-02T03:04:05.006000Z",
  });
  // The API server takes no series of one.
  expect(eventObject(EVENT, FACTS)).not.toHaveProperty("series");
});

test("an event of a node lies in the namespace default and names no namespace itself", () => {
  const event: ClusterEvent = { ...EVENT, regarding: { kind: "Node", name: "node-1" } };
  const { metadata, regarding } = eventObject(event, { ...FACTS, uid: "node-1" });
  expect(metadata?.namespace).toBe("default");
  expect(regarding).toEqual({ apiVersion: "v1", kind: "Node", name: "node-1", uid: "node-1" });
});

test("the name tells events apart by what they say and not by who says it", () => {
  const name = eventObject(EVENT, FACTS).metadata?.name;
  expect(name).toMatch(/^web\.[0-9a-f]{16}$/);
  expect(eventObject(EVENT, { ...FACTS, nodeName: "node-2", atMs: 0 }).metadata?.name).toBe(name);
  expect(eventName({ ...EVENT, note: "Something else." }, 1_000)).not.toBe(name);
  expect(eventName({ ...EVENT, type: "Normal" }, 1_000)).not.toBe(name);
  expect(eventName(EVENT, 2_000)).not.toBe(name);
});

test("a name stays a DNS subdomain of at most 253 characters, also for the longest node name", () => {
  const long = `${"a".repeat(229)}.${"b".repeat(23)}`;
  const name = eventName({ ...EVENT, regarding: { kind: "Node", name: long } }, 0);
  expect(name.length).toBeLessThanOrEqual(253);
  expect(name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
});

test("the name of a node is cut to what a reporting instance may have", () => {
  const { reportingInstance } = eventObject(EVENT, { ...FACTS, nodeName: "n".repeat(253) });
  expect(reportingInstance).toHaveLength(128);
});

test("a note is cut to 1024 bytes between two characters", () => {
  expect(cutToBytes("short", 1_024)).toBe("short");
  expect(cutToBytes("ä".repeat(512), 1_024)).toBe("ä".repeat(512));
  const cut = cutToBytes(`x${"ä".repeat(600)}`, 1_024);
  expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(1_024);
  expect(cut).toBe(`x${"ä".repeat(510)}…`);
  expect(cutToBytes("🙂".repeat(300), 1_024)).not.toContain("�");
});

test("a time has six digits after the point, as metav1.MicroTime wants it", () => {
  expect(microTime(0)).toBe("1970-01-01T00:00:00.000000Z");
});
