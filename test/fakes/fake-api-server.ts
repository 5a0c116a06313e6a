/**
 * An API server on the loopback address with the manners of the real one: paged lists of one moment,
 * watches from a version on, bookmarks, compaction. A test puts objects into it and breaks what it wants.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import {
  type ApiObject,
  answerJson,
  answerStatus,
  LIST_KINDS,
  nameOf,
  RESOURCES,
  selector,
  send,
  sendBookmark,
  status,
} from "./api-answers.ts";
import { type Happening, tell, type Watcher } from "./api-watcher.ts";

/** A request as a test sees it. */
export interface FakeRequest {
  readonly verb: "list" | "watch" | "watch-list" | "other";
  /** The last step of the path, such as `services`. */
  readonly resource: string;
  readonly url: URL;
  readonly message: IncomingMessage;
}

/** Answers in the server's place; false leaves the request to the server. */
export type Interception = (request: FakeRequest, response: ServerResponse) => boolean;

/** One server; `stop` it at the end. */
export class FakeApiServer {
  /** Every request, such as `list services`, in order. */
  readonly requests: FakeRequest[] = [];
  /** Asked before each answer. */
  intercept: Interception = () => false;
  /** Whether a watch may begin with all that is there. */
  listsByWatch = false;
  /** Called in the midst of such a beginning. */
  inState: () => void = () => {};
  readonly #server: Server;
  readonly #objects = new Map<string, ApiObject>();
  readonly #watchers = new Set<Watcher>();
  readonly #snapshots = new Map<string, readonly ApiObject[]>();
  #history: Happening[] = [];
  #version = 1;
  #compacted = 0;
  #port = 0;

  private constructor() {
    this.#server = createServer((message, response) => this.#answer(message, response));
  }

  /** Starts one on a free port. */
  static async start(): Promise<FakeApiServer> {
    const fake = new FakeApiServer();
    await fake.listen();
    return fake;
  }

  /** Listens, again on the port that it had before. */
  async listen(): Promise<void> {
    await new Promise<void>(
      (resolve) => void this.#server.listen(this.#port, "127.0.0.1", resolve),
    );
    const address = this.#server.address();
    this.#port = typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Ends all connections and listens no more. */
  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.breakWatches();
    this.#server.closeAllConnections();
    await closed;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Watches that are open on a resource. */
  watches(resource: string): number {
    return [...this.#watchers].filter((one) => one.resource === resource).length;
  }

  /** How often a verb was asked of a resource. */
  count(verb: FakeRequest["verb"], resource: string): number {
    return this.requests.filter((one) => one.verb === verb && one.resource === resource).length;
  }

  /** The objects of a kind as they are now, by `namespace/name`, or name for nodes. */
  objects(kind: string): ReadonlyMap<string, ApiObject> {
    const all = [...this.#objects.values()].filter((object) => object.kind === kind);
    return new Map(all.map((object) => [nameOf(object), object]));
  }

  /** Creates or replaces an object, and tells the watches. */
  put(object: ApiObject): void {
    this.#version += 1;
    const resourceVersion = String(this.#version);
    const after = { ...object, metadata: { ...object.metadata, resourceVersion } };
    this.#happen(object, after);
  }

  /** Deletes an object, if it is there, and tells the watches. */
  delete(kind: string, name: string): void {
    const before = this.#objects.get(`${kind} ${name}`);
    if (before === undefined) return;
    this.#version += 1;
    this.#happen(before, undefined);
  }

  /** Forgets what happened until now: who asks for it is told 410. */
  compact(): void {
    this.#compacted = this.#version;
    this.#history = [];
    this.#snapshots.clear();
  }

  /** Sends a bookmark on every watch. */
  bookmark(): void {
    const version = this.#version;
    for (const { response, resource } of this.#watchers) {
      sendBookmark(response, { resource, version });
    }
  }

  /** Sends raw text on the watches of a resource. */
  say(resource: string, text: string): void {
    for (const watcher of this.#watchers) {
      if (watcher.resource === resource) watcher.response.write(text);
    }
  }

  /** Ends every watch as a server does when its time is over. */
  endWatches(): void {
    for (const { response } of this.#watchers) response.end();
    this.#watchers.clear();
  }

  /** Cuts the connection of every watch. */
  breakWatches(): void {
    for (const { response } of this.#watchers) response.destroy();
    this.#watchers.clear();
  }

  #happen(subject: ApiObject, after: ApiObject | undefined): void {
    const key = `${subject.kind} ${nameOf(subject)}`;
    const before = this.#objects.get(key);
    if (after) this.#objects.set(key, after);
    else this.#objects.delete(key);
    const resource = RESOURCES[subject.kind] ?? "";
    const happening = { version: this.#version, resource, before, after };
    this.#history.push(happening);
    for (const watcher of this.#watchers) tell(watcher, happening);
  }

  #answer(message: IncomingMessage, response: ServerResponse): void {
    const url = new URL(message.url ?? "/", this.url);
    const resource = url.pathname.split("/").at(-1) ?? "";
    const isKnown = message.method === "GET" && resource in LIST_KINDS;
    const watchVerb = url.searchParams.get("sendInitialEvents") === "true" ? "watch-list" : "watch";
    const verb = url.searchParams.has("watch") ? watchVerb : "list";
    const request = { verb: isKnown ? verb : "other", resource, url, message } as const;
    this.requests.push(request);
    if (!this.intercept(request, response)) this.answerNow(request, response);
  }

  /** Answers as ever; for what an interception kept waiting. */
  answerNow(request: FakeRequest, response: ServerResponse): void {
    if (request.verb === "watch-list" && !this.listsByWatch) {
      answerStatus(response, 422, "sendInitialEvents is forbidden for watch");
    } else if (request.verb.startsWith("watch")) this.#watch(request, response);
    else if (request.verb === "list") this.#list(request, response);
    else answerStatus(response, 404, "no such resource");
  }

  #list({ url, resource }: FakeRequest, response: ServerResponse): void {
    const [version = "", from = "0"] = (url.searchParams.get("continue") ?? "").split(":");
    const start = Number(from);
    const limit = Number(url.searchParams.get("limit") ?? Number.POSITIVE_INFINITY);
    const now = String(this.#version);
    const key = `${resource} ${version}`;
    const objects = version === "" ? this.#selected(url, resource) : this.#snapshots.get(key);
    if (objects === undefined) {
      answerStatus(response, 410, "The provided continue parameter is too old");
      return;
    }
    if (version === "") this.#snapshots.set(`${resource} ${now}`, objects);
    const end = start + limit;
    const metadata = {
      resourceVersion: version || now,
      ...(end < objects.length && { continue: `${version || now}:${end}` }),
    };
    const items = objects.slice(start, end).map(({ kind: _, apiVersion: __, ...rest }) => rest);
    answerJson(response, 200, { kind: LIST_KINDS[resource], apiVersion: "v1", metadata, items });
  }

  #selected(url: URL, resource: string): readonly ApiObject[] {
    const all = [...this.#objects.values()].filter(({ kind }) => RESOURCES[kind] === resource);
    return all.filter(selector(url));
  }

  #watch({ verb, url, resource }: FakeRequest, response: ServerResponse): void {
    const from = Number(url.searchParams.get("resourceVersion") ?? this.#version);
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    if (from < this.#compacted) {
      send(response, "ERROR", status(410, `too old resource version: ${from}`));
      response.end();
      return;
    }
    const watcher = { resource, response, selects: selector(url) };
    for (const happening of this.#history) {
      if (happening.version > from) tell(watcher, happening);
    }
    const isFromState = verb === "watch-list";
    const state = isFromState ? this.#selected(url, resource) : [];
    for (const object of state) send(response, "ADDED", object);
    this.#watchers.add(watcher);
    response.on("close", () => this.#watchers.delete(watcher));
    if (!isFromState) return;
    this.inState();
    sendBookmark(response, { resource, version: this.#version, isEndOfState: true });
  }
}
