/**
 * Writes one event to the API server: once as a new Event, and as a count on the same Event when it
 * happened again. Knows what each answer means; when to try again is its caller's matter.
 */
import type { Clock } from "../../base/clock.ts";
import type { ClusterEvent, Regarding } from "../../model/cluster-event.ts";
import { eventName, eventObject, eventsPath, microTime, namespaceAndName } from "./event-object.ts";

/** How long one answer may take. */
export const EVENT_ANSWER_MS_MAX = 10_000;

/** Characters of the API server's own words that a message repeats. */
const ANSWER_TEXT_MAX = 300;

/** What writing events needs of a client of the API server. */
export interface EventApi {
  /** Rejects when there is no answer; an answer of any status resolves. */
  request(
    method: "GET" | "POST" | "PATCH",
    path: string,
    options: {
      readonly query?: Readonly<Record<string, string>>;
      readonly body?: unknown;
      readonly contentType?: string;
      readonly signal: AbortSignal;
    },
  ): Promise<{ readonly status: number; readonly body: unknown }>;
}

/** An Event that is in the cluster by our hand. */
export interface WrittenEvent {
  readonly uid: string;
  readonly count: number;
}

/** What became of an event. */
export type WriteResult =
  | { readonly kind: "created" | "updated"; readonly written: WrittenEvent }
  /** Another node has written the same, or this one before it was started again. */
  | { readonly kind: "known" }
  /** The object that it is about is gone, or about to go with its namespace. */
  | { readonly kind: "gone" };

/** Why an event could not be written. */
export class EventWriteError extends Error {
  override readonly name = "EventWriteError";
  /** `unreachable` (or busy) and `forbidden` may change with time; `rejected` will not. */
  readonly code: "unreachable" | "forbidden" | "rejected";

  constructor(code: EventWriteError["code"], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** An event with what is known of it. */
export interface EventToWrite {
  readonly event: ClusterEvent;
  readonly written: WrittenEvent | undefined;
  /** How often it happened since it was written last; at least 1. */
  readonly times: number;
}

/** Writes events of one node. */
export class EventWriter {
  readonly #api: EventApi;
  readonly #clock: Clock;
  readonly #nodeName: string;

  constructor(options: {
    readonly api: EventApi;
    readonly clock: Clock;
    readonly nodeName: string;
  }) {
    this.#api = options.api;
    this.#clock = options.clock;
    this.#nodeName = options.nodeName;
  }

  /** Writes it. Rejects with an {@link EventWriteError}. */
  async write(toWrite: EventToWrite, signal: AbortSignal): Promise<WriteResult> {
    const { event, written, times } = toWrite;
    const uid = await this.#uidOf(event.regarding, signal);
    if (uid === undefined) return { kind: "gone" };
    // Another UID is another object of the same name: what was written is not about this one.
    if (written?.uid === uid) {
      const count = written.count + times;
      if (await this.#patch(event, { uid, count }, signal)) {
        return { kind: "updated", written: { uid, count } };
      }
    }
    return this.#create(event, uid, signal);
  }

  async #create(event: ClusterEvent, uid: string, signal: AbortSignal): Promise<WriteResult> {
    const path = eventsPath(event.regarding);
    const atMs = this.#clock.wallMs();
    const body = eventObject(event, { uid, nodeName: this.#nodeName, atMs });
    const answer = await this.#ask("POST", path, { body }, signal);
    if (isGood(answer.status)) return { kind: "created", written: { uid, count: 1 } };
    if (answer.status === 409) return { kind: "known" };
    if (answer.status === 404 || isTerminating(answer.body)) return { kind: "gone" };
    throw refusal("create", event, answer);
  }

  /** False when the Event is not there any more. */
  async #patch(
    event: ClusterEvent,
    { uid, count }: WrittenEvent,
    signal: AbortSignal,
  ): Promise<boolean> {
    const path = `${eventsPath(event.regarding)}/${eventName(event, uid)}`;
    const body = { series: { count, lastObservedTime: microTime(this.#clock.wallMs()) } };
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

type Answer = Awaited<ReturnType<EventApi["request"]>>;

function isGood(status: number): boolean {
  return status >= 200 && status < 300;
}

function refusal(verb: "create" | "patch", event: ClusterEvent, answer: Answer): EventWriteError {
  const { status } = answer;
  const text = answerText(answer);
  if (status === 403) {
    return new EventWriteError(
      "forbidden",
      `the API server forbids Events; the ClusterRole of this agent lacks the rule {apiGroups: [events.k8s.io], resources: [events], verbs: [create, patch]} (verb ${verb}): ${text}`,
    );
  }
  // 401: a token that is renewed soon. 408, 429 and 5xx: a server that is busy or away.
  const isPassing = status === 401 || status === 408 || status === 429 || status >= 500;
  const what = `Event ${event.reason} about ${event.regarding.kind} ${event.regarding.name}`;
  return new EventWriteError(isPassing ? "unreachable" : "rejected", `${what}: ${text}`);
}

/** Status and words of a metav1.Status, or of whatever answered. */
function answerText({ status, body }: Answer): string {
  const message = field(body, "message");
  const words = typeof message === "string" ? `: ${message.slice(0, ANSWER_TEXT_MAX)}` : "";
  return `status ${status}${words}`;
}

/** A namespace on its way out takes no new objects (a 403 with this cause), and that is no mistake. */
function isTerminating(body: unknown): boolean {
  const causes = field(field(body, "details"), "causes");
  return (
    Array.isArray(causes) &&
    causes.some((cause) => field(cause, "reason") === "NamespaceTerminating")
  );
}

function firstUid(body: unknown): string | undefined {
  const items = field(body, "items");
  const uid = field(field(Array.isArray(items) ? items[0] : undefined, "metadata"), "uid");
  return typeof uid === "string" ? uid : undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
