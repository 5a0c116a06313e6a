/** What the API server answers where Events are written, and what it means. */
import type { ClusterEvent } from "../../model/cluster-event.ts";

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

/** An Event that is there, as far as it matters. */
export interface ToldEvent {
  /** The node that created it. */
  readonly instance: string;
  readonly count: number;
  /** When it was last written, by the clock of who wrote it; long ago when it does not say. */
  readonly atMs: number;
}

/** Reads an Event, whatever the server says that it is. */
export function toldEvent(body: unknown): ToldEvent {
  const series = field(body, "series");
  const count = Number(field(series, "count"));
  const atMs = Date.parse(String(field(series, "lastObservedTime") ?? field(body, "eventTime")));
  return {
    instance: String(field(body, "reportingInstance")),
    count: Number.isInteger(count) && count > 0 ? count : 1,
    atMs: Number.isNaN(atMs) ? Number.NEGATIVE_INFINITY : atMs,
  };
}

/** An answer of the API server. */
export type Answer = Awaited<ReturnType<EventApi["request"]>>;

/** True for a status of success. */
export function isGood(status: number): boolean {
  return status >= 200 && status < 300;
}

/** What an answer of refusal means for the event. */
export function refusal(
  verb: "get" | "create" | "patch",
  event: ClusterEvent,
  answer: Answer,
): EventWriteError {
  const { status } = answer;
  const text = answerText(answer);
  if (status === 403) {
    return new EventWriteError(
      "forbidden",
      `the API server forbids Events; the ClusterRole of this agent lacks the rule {apiGroups: [events.k8s.io], resources: [events], verbs: [get, create, patch]} (verb ${verb}): ${text}`,
    );
  }
  // 401: a token that is renewed soon. 408, 429 and 5xx: a server that is busy or away.
  const isPassing = status === 401 || status === 408 || status === 429 || status >= 500;
  const what = `Event ${event.reason} about ${event.regarding.kind} ${event.regarding.name}`;
  return new EventWriteError(isPassing ? "unreachable" : "rejected", `${what}: ${text}`);
}

/** Status and words of a metav1.Status, or of whatever answered. */
export function answerText({ status, body }: Answer): string {
  const message = field(body, "message");
  const words = typeof message === "string" ? `: ${message.slice(0, ANSWER_TEXT_MAX)}` : "";
  return `status ${status}${words}`;
}

/** A namespace on its way out takes no new objects (a 403 with this cause), and that is no mistake. */
export function isTerminating(body: unknown): boolean {
  const causes = field(field(body, "details"), "causes");
  return (
    Array.isArray(causes) &&
    causes.some((cause) => field(cause, "reason") === "NamespaceTerminating")
  );
}

/** The UID of the first object of a list. */
export function firstUid(body: unknown): string | undefined {
  const items = field(body, "items");
  const uid = field(field(Array.isArray(items) ? items[0] : undefined, "metadata"), "uid");
  return typeof uid === "string" ? uid : undefined;
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
