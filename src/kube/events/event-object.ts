/** A cluster event as the API server takes it: events.k8s.io/v1 Event, its paths and limits. Pure. */
import { createHash } from "node:crypto";
import type { EventsV1Event } from "@kubernetes/client-node";
import type { ClusterEvent, Regarding } from "../../model/cluster-event.ts";

/** Bytes (UTF-8) that the API server takes of a note: `NoteLengthLimit`. */
export const NOTE_BYTES_MAX = 1_024;

/** `ReportingInstanceLengthLimit` of the API server. */
const INSTANCE_LENGTH_MAX = 128;

/** An object's name has 253 characters at most; the hash and its dot need room. */
const NAME_LENGTH_MAX = 230;

/** Hexadecimal digits of the hash in a name: two events of one object never meet by chance. */
const HASH_LENGTH = 16;

/** Who tells the events; dashboards and `kubectl describe` show it. */
export const REPORTING_CONTROLLER = "kube-ipvs";

/** An Event with the fields that we set; times as text, since nothing here needs them as dates. */
export type EventObject = Omit<EventsV1Event, "eventTime" | "series"> & {
  readonly eventTime: string;
  readonly series?: EventSeries;
};

/** How often it happened, of what happened at least twice. */
export interface EventSeries {
  readonly count: number;
  readonly lastObservedTime: string;
}

/** What an Event is made of besides its content. */
export interface EventFacts {
  /** UID of the object that it is about: without it `kubectl describe` does not find the Event. */
  readonly uid: string;
  /** When that object was made, in milliseconds since the Unix epoch; 0 where names are never used again. */
  readonly createdMs: number;
  readonly nodeName: string;
  /** How often it happened. */
  readonly times: number;
  /** Milliseconds since the Unix epoch. */
  readonly atMs: number;
}

/**
 * The object to create. Its name is made of its content and not of the node or the time: what all nodes
 * of a cluster find wrong with one Service is one Event, written by the first of them.
 */
export function eventObject(event: ClusterEvent, facts: EventFacts): EventObject {
  const { uid, createdMs, nodeName, atMs, times } = facts;
  return {
    apiVersion: "events.k8s.io/v1",
    kind: "Event",
    metadata: { name: eventName(event, createdMs), namespace: eventNamespace(event.regarding) },
    eventTime: microTime(atMs),
    reportingController: REPORTING_CONTROLLER,
    reportingInstance: reportingInstanceOf(nodeName),
    action: event.action,
    reason: event.reason,
    regarding: { apiVersion: "v1", uid, ...objectReference(event.regarding) },
    note: cutToBytes(event.note, NOTE_BYTES_MAX),
    type: event.type,
    ...(times > 1 && { series: eventSeries(times, atMs) }),
  };
}

/** The count of what happened so often, the last time at `atMs`. */
export function eventSeries(count: number, atMs: number): EventSeries {
  return { count, lastObservedTime: microTime(atMs) };
}

/**
 * `<object>.<hash of the content>`. An object is told from an earlier one of its name by the time at which it
 * was made, which every node knows, and not by its UID, for which each would have to ask.
 */
export function eventName(event: ClusterEvent, createdMs: number): string {
  const { regarding, type, reason, action, note } = event;
  const { kind } = regarding;
  const content = JSON.stringify([kind, regarding.name, createdMs, type, reason, action, note]);
  const hash = createHash("sha256").update(content).digest("hex").slice(0, HASH_LENGTH);
  const { name } = objectReference(regarding);
  return `${name.slice(0, NAME_LENGTH_MAX).replace(/[^a-z0-9]+$/, "")}.${hash}`;
}

/** What an Event of this node has as its instance. */
export function reportingInstanceOf(nodeName: string): string {
  return nodeName.slice(0, INSTANCE_LENGTH_MAX);
}

/** The path to create Events of this object at. */
export function eventsPath(regarding: Regarding): string {
  const namespace = encodeURIComponent(eventNamespace(regarding));
  return `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
}

/** Events of a Node, which has no namespace, lie in `default`. */
export function eventNamespace(regarding: Regarding): string {
  return regarding.kind === "Service" ? namespaceAndName(regarding.name).namespace : "default";
}

function objectReference(regarding: Regarding): {
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
} {
  if (regarding.kind === "Node") return { kind: "Node", name: regarding.name };
  return { kind: "Service", ...namespaceAndName(regarding.name) };
}

/** The two parts of `namespace/name`. */
export function namespaceAndName(objectName: string): {
  readonly namespace: string;
  readonly name: string;
} {
  const slash = objectName.indexOf("/");
  return { namespace: objectName.slice(0, slash), name: objectName.slice(slash + 1) };
}

/** metav1.MicroTime: it is refused unless it has exactly six digits after the point. */
export function microTime(wallMs: number): string {
  return new Date(wallMs).toISOString().replace("Z", "000Z");
}

/** `text` with at most `bytesMax` bytes in UTF-8, cut between two characters and marked as cut. */
export function cutToBytes(text: string, bytesMax: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= bytesMax) return text;
  const mark = "…";
  let end = bytesMax - Buffer.byteLength(mark);
  // 10xxxxxx goes on with a character that began before.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.toString("utf8", 0, end) + mark;
}
