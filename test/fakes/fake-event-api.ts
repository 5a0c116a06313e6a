/** An API server that knows Services and Events, with the manners of the real one where Events need them. */
import type { EventApi } from "../../src/kube/events/event-answers.ts";

/** One request as it came. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
  readonly query: Readonly<Record<string, string>> | undefined;
  readonly contentType: string | undefined;
}

/** An Event as it is stored. */
export interface StoredEvent {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly regarding: Readonly<Record<string, string>>;
  readonly note: string;
  readonly eventTime: string;
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
  readonly [field: string]: unknown;
}

type Answer = Awaited<ReturnType<EventApi["request"]>>;

const MICRO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** Remembers what it was asked, and answers from its memory. */
export class FakeEventApi implements EventApi {
  readonly requests: SeenRequest[] = [];
  readonly events = new Map<string, StoredEvent>();
  /** UIDs by `namespace/name`. */
  readonly services = new Map<string, string>();
  /** Answers instead of the memory, or throws, while it is set; may never resolve. */
  instead: ((request: SeenRequest) => Answer | Promise<Answer> | undefined) | undefined;

  async request(
    method: "GET" | "POST" | "PATCH",
    path: string,
    options: Parameters<EventApi["request"]>[2],
  ): Promise<Answer> {
    const { body, query, contentType, signal } = options;
    const request = { method, path, body, query, contentType };
    this.requests.push(request);
    const other = this.instead?.(request);
    if (other !== undefined) {
      const aborted = new Promise<never>((_, reject) => {
        signal.addEventListener("abort", () => reject(new Error("aborted")));
      });
      return Promise.race([other, aborted]);
    }
    const [root, , , , namespace = "", resource, name] = path.slice(1).split("/");
    if (root === "api") return this.#service(path, query);
    if (resource !== "events") return refused(404, `no such path: ${path}`);
    if (method === "GET") return this.#get(`${namespace}/${name}`);
    if (method === "POST") return this.#create(namespace, body as StoredEvent);
    return this.#patch(`${namespace}/${name}`, body as Partial<StoredEvent>, contentType);
  }

  #service(path: string, query: SeenRequest["query"]): Answer {
    const namespace = path.split("/")[4] ?? "";
    const name = query?.["fieldSelector"]?.replace("metadata.name=", "");
    const uid = this.services.get(`${namespace}/${name}`);
    const items = uid === undefined ? [] : [{ metadata: { name, namespace, uid } }];
    return { status: 200, body: { kind: "ServiceList", items } };
  }

  #get(id: string): Answer {
    const event = this.events.get(id);
    return event ? { status: 200, body: event } : refused(404, `events "${id}" not found`);
  }

  #create(namespace: string, event: StoredEvent): Answer {
    const id = `${namespace}/${event.metadata.name}`;
    if (this.events.has(id)) return refused(409, `events "${id}" already exists`);
    if (Buffer.byteLength(event.note) > 1_024) return refused(422, "note: at most 1024 characters");
    if (!MICRO_TIME.test(event.eventTime)) return refused(400, "eventTime: no MicroTime");
    if (event.metadata.namespace !== namespace) return refused(400, "namespace does not match");
    if (event.series && !isSeries(event.series)) return refused(422, "series: invalid");
    this.events.set(id, event);
    return { status: 201, body: event };
  }

  #patch(id: string, change: Partial<StoredEvent>, contentType: string | undefined): Answer {
    const event = this.events.get(id);
    if (event === undefined) return refused(404, `events "${id}" not found`);
    if (contentType !== "application/merge-patch+json") return refused(415, "no patch");
    if (Object.keys(change).join() !== "series") return refused(422, "field is immutable");
    if (!isSeries(change.series)) return refused(422, "series: invalid");
    this.events.set(id, { ...event, ...change });
    return { status: 200, body: event };
  }
}

function isSeries(series: StoredEvent["series"]): boolean {
  return series !== undefined && series.count >= 2 && MICRO_TIME.test(series.lastObservedTime);
}

/** A metav1.Status. */
export function refused(status: number, message: string, cause?: string): Answer {
  const details = cause === undefined ? undefined : { causes: [{ reason: cause }] };
  return { status, body: { kind: "Status", status: "Failure", message, details } };
}
