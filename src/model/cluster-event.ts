/** What is told to the users of a cluster about one of its objects (events.k8s.io), as data. */
import type { ObjectName } from "./cluster.ts";

/** The object that an event is about. */
export type Regarding =
  | { readonly kind: "Service"; readonly name: ObjectName }
  | { readonly kind: "Node"; readonly name: string };

/** One thing to tell; equal events are one event that happened several times. */
export interface ClusterEvent {
  readonly regarding: Regarding;
  readonly type: "Warning" | "Normal";
  /** Why, in CamelCase, such as `BadScheduler`. */
  readonly reason: string;
  /** What was done or tried, in CamelCase, such as `ProgramService`. */
  readonly action: string;
  /** Full sentences; what is over the API server's limit is cut off. */
  readonly note: string;
}

/** What became of an event that was recorded. */
export type EventOutcome =
  /** A new Event, or a count on one that is there. */
  | "created"
  | "updated"
  /** Told already: by another node, or within the time in which equal events are one. */
  | "known"
  /** Its object is gone. */
  | "gone"
  /** Over a limit. */
  | "dropped"
  /** The API server would not take it, or could not be reached for too long. */
  | "failed";

/** Tells events on: returns at once, never throws, and may drop what is too much. */
export interface EventRecorder {
  record(event: ClusterEvent): void;
}

/** Where no cluster can be told, as with manifests. */
export const NO_EVENTS: EventRecorder = { record: () => {} };
