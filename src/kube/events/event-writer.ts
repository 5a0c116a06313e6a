/**
 * Writes one event to the API server: as a new Event, or as a count on the Event that is there. Asks for that
 * one first: what another node has told lately needs this one request and no more. Knows what each answer
 * means; when to try again is its caller's matter.
 */
import type { Clock } from "../../base/clock.ts";
import type { ObjectName } from "../../model/cluster.ts";
import type { ClusterEvent, Regarding } from "../../model/cluster-event.ts";
import {
  type Answer,
  answerText,
  type EventApi,
  EventWriteError,
  firstUid,
  isGood,
  isTerminating,
  refusal,
  type ToldEvent,
  toldEvent,
} from "./event-answers.ts";
import {
  eventName,
  eventObject,
  eventSeries,
  eventsPath,
  namespaceAndName,
  reportingInstanceOf,
} from "./event-object.ts";

/** How long one answer may take. */
export const EVENT_ANSWER_MS_MAX = 10_000;

/**
 * An Event that another node wrote or counted since then needs nobody else. It is less than the hour after
 * which the API server deletes what nobody writes, and more than the time after which who tells an event
 * tells it again: so one whose writer is gone is refreshed by another node.
 */
export const EVENT_FRESH_MS = 2_100_000;

/** What became of an event. */
export type WriteResult =
  | { readonly kind: "created" | "updated" }
  /** Another node has told the same, not long ago. */
  | { readonly kind: "known" }
  /** The object that it is about is gone, or about to go with its namespace. */
  | { readonly kind: "gone" };

/** An event, and how often it is to be told. */
export interface EventToWrite {
  readonly event: ClusterEvent;
  /** How often it happened since it was written last; at least 1. */
  readonly times: number;
}

/** What a writer is made of. */
export interface EventWriterOptions {
  readonly api: EventApi;
  readonly clock: Clock;
  readonly nodeName: string;
  /** When a Service was made; undefined when there is none of this name. */
  readonly createdMs: (service: ObjectName) => number | undefined;
}

/** Writes events of one node. */
export class EventWriter {
  readonly #api: EventApi;
  readonly #clock: Clock;
  readonly #nodeName: string;
  readonly #createdMs: EventWriterOptions["createdMs"];

  constructor({ api, clock, nodeName, createdMs }: EventWriterOptions) {
    this.#api = api;
    this.#clock = clock;
    this.#nodeName = nodeName;
    this.#createdMs = createdMs;
  }

  /** Writes it. Rejects with an {@link EventWriteError}. */
  async write({ event, times }: EventToWrite, signal: AbortSignal): Promise<WriteResult> {
    const { regarding } = event;
    const createdMs = regarding.kind === "Node" ? 0 : this.#createdMs(regarding.name);
    if (createdMs === undefined) return { kind: "gone" };
    const path = `${eventsPath(regarding)}/${eventName(event, createdMs)}`;
    const told = await this.#read(event, path, signal);
    if (told) {
      if (this.#isLookedAfter(told)) return { kind: "known" };
      const count = told.count + times;
      if (await this.#patch(event, { path, count }, signal)) return { kind: "updated" };
    }
    return this.#create(event, { createdMs, times }, signal);
  }

  /** True for one of another node that is still fresh. */
  #isLookedAfter({ instance, atMs }: ToldEvent): boolean {
    if (instance === reportingInstanceOf(this.#nodeName)) return false;
    return this.#clock.wallMs() - atMs < EVENT_FRESH_MS;
  }

  /** The Event that is there; undefined when there is none. */
  async #read(
    event: ClusterEvent,
    path: string,
    signal: AbortSignal,
  ): Promise<ToldEvent | undefined> {
    const answer = await this.#ask("GET", path, {}, signal);
    if (answer.status === 404) return undefined;
    if (!isGood(answer.status)) throw refusal("get", event, answer);
    return toldEvent(answer.body);
  }

  async #create(
    event: ClusterEvent,
    facts: { readonly createdMs: number; readonly times: number },
    signal: AbortSignal,
  ): Promise<WriteResult> {
    const uid = await this.#uidOf(event.regarding, signal);
    if (uid === undefined) return { kind: "gone" };
    const about = { ...facts, uid, nodeName: this.#nodeName, atMs: this.#clock.wallMs() };
    const body = eventObject(event, about);
    const answer = await this.#ask("POST", eventsPath(event.regarding), { body }, signal);
    if (isGood(answer.status)) return { kind: "created" };
    if (answer.status === 409) return { kind: "known" };
    if (answer.status === 404 || isTerminating(answer.body)) return { kind: "gone" };
    throw refusal("create", event, answer);
  }

  /** False when the Event is not there any more. */
  async #patch(
    event: ClusterEvent,
    { path, count }: { readonly path: string; readonly count: number },
    signal: AbortSignal,
  ): Promise<boolean> {
    const body = { series: eventSeries(count, this.#clock.wallMs()) };
    const contentType = "application/merge-patch+json";
    const answer = await this.#ask("PATCH", path, { body, contentType }, signal);
    if (answer.status === 404) return false;
    if (isGood(answer.status)) return true;
    throw refusal("patch", event, answer);
  }

  /** Undefined when there is no such object. The kubelet's Events have a Node's name as its UID, and so do these. */
  async #uidOf(regarding: Regarding, signal: AbortSignal): Promise<string | undefined> {
    if (regarding.kind === "Node") return regarding.name;
    const { namespace, name } = namespaceAndName(regarding.name);
    // A list of one: the agent may list Services, and needs no right to get them.
    const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/services`;
    const query = { fieldSelector: `metadata.name=${name}` };
    const answer = await this.#ask("GET", path, { query }, signal);
    if (!isGood(answer.status)) {
      throw new EventWriteError(
        "unreachable",
        `asking for the UID of Service ${regarding.name}: ${answerText(answer)}`,
      );
    }
    return firstUid(answer.body);
  }

  async #ask(
    method: "GET" | "POST" | "PATCH",
    path: string,
    options: Omit<Parameters<EventApi["request"]>[2], "signal">,
    signal: AbortSignal,
  ): Promise<Answer> {
    const request = new AbortController();
    const abort = (): void => request.abort();
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    const answered = new AbortController();
    void this.#clock.sleep(EVENT_ANSWER_MS_MAX, answered.signal).then(abort);
    try {
      return await this.#api.request(method, path, { ...options, signal: request.signal });
    } catch (cause) {
      const why = request.signal.aborted ? `no answer within ${EVENT_ANSWER_MS_MAX} ms` : cause;
      throw new EventWriteError("unreachable", `Events cannot be told: ${why}`, { cause });
    } finally {
      signal.removeEventListener("abort", abort);
      answered.abort();
    }
  }
}
