/**
 * An API server in front of the real one: lists and all else are the real one's, but the events of Services and
 * endpoint slices are made here, as many as a benchmark wants. The real one writes some 30 a second on the
 * guest's one processor.
 */
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Agent, request } from "node:https";
import type { AddressInfo } from "node:net";
import { PROTOBUF_TYPE } from "../../../src/kube/protobuf/decode.ts";
import { WATCH_TYPES, type WatchFormat } from "../watch-format.ts";
import type { NodeTask } from "./node-task.ts";
import { eventBytes, WATCHED, type WatchEvent, type WatchedKind } from "./watch-events.ts";

const HOST = "127.0.0.1";
const KUBECONFIG = "/run/bench-events-kubeconfig.yaml";
/** What a server says that does not list by a watch: the client lists and watches then. */
const NO_WATCH_LIST = {
  ...{ apiVersion: "v1", kind: "Status", status: "Failure", reason: "Invalid", code: 422 },
  message: "sendInitialEvents is not supported",
};

/** One server. */
export class EventServer {
  /** The kubeconfig for those who use it in the place of the real one. */
  readonly kubeconfig = KUBECONFIG;
  /** For those who need none. */
  readonly url: string;
  readonly #task: NodeTask;
  /** What Go's clients leave out where there is no TLS. */
  readonly #authorization: string;
  readonly #agent: Agent;
  readonly #server: Server;
  /** By path. */
  readonly #watches: ReadonlyMap<string, Map<ServerResponse, WatchFormat>> = new Map(
    Object.values(WATCHED).map((path) => [path, new Map()]),
  );

  private constructor(task: NodeTask, token: string, server: Server) {
    const { port } = server.address() as AddressInfo;
    this.url = `http://${HOST}:${port}`;
    this.#task = task;
    this.#authorization = `Bearer ${token}`;
    this.#agent = new Agent({ keepAlive: true, ca: readFileSync(task.server.authority) });
    this.#server = server.on("request", (asked, answer) => this.#answer(asked, answer));
  }

  /** Starts it, and writes its kubeconfig. */
  static async start(task: NodeTask): Promise<EventServer> {
    const real = readFileSync(task.kubeconfig, "utf8");
    const { users } = JSON.parse(real) as { users: { user: { token: string } }[] };
    const server = createServer().listen(0, HOST);
    await once(server, "listening");
    const one = new EventServer(task, users[0]?.user.token ?? "", server);
    writeFileSync(KUBECONFIG, real.replace(task.server.url, one.url));
    return one;
  }

  /** Tells everybody who watches them. Throws when nobody does. */
  send(events: readonly WatchEvent[]): void {
    this.prepare(events)();
  }

  /** The same for later: what those who watch now will be told is encoded already, and costs no time then. */
  prepare(events: readonly WatchEvent[]): () => void {
    const forms = new Set([...this.#watches.values()].flatMap((all) => [...all.values()]));
    const encoded = new Map([...forms].map((form) => [form, eventBytes(events, form)]));
    const paths = new Set(events.map(({ object }) => WATCHED[object.kind as WatchedKind]));
    return () => {
      for (const path of paths) {
        const watches = this.#watches.get(path);
        if (!watches?.size) throw new Error(`nobody watches ${path}`);
        for (const [watch, form] of watches) {
          const bytes = encoded.get(form)?.get(path);
          if (!bytes) throw new Error(`${path} is watched in ${form} only now`);
          watch.write(bytes);
        }
      }
    };
  }

  /** Ends it, with all its connections. */
  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
    this.#agent.destroy();
  }

  #answer(asked: IncomingMessage, answer: ServerResponse): void {
    const { pathname, searchParams } = new URL(asked.url ?? "/", `http://${HOST}`);
    const watches = this.#watches.get(pathname);
    if (!watches || !searchParams.has("watch")) this.#pass(asked, answer);
    else if (searchParams.has("sendInitialEvents")) {
      answer.writeHead(NO_WATCH_LIST.code, { "content-type": "application/json" });
      answer.end(JSON.stringify(NO_WATCH_LIST));
    } else {
      const form = asked.headers.accept?.includes(PROTOBUF_TYPE) ? "protobuf" : "json";
      answer.writeHead(200, { "content-type": WATCH_TYPES[form] });
      answer.flushHeaders();
      watches.set(answer, form);
      answer.on("close", () => watches.delete(answer));
    }
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { method, headers, url } = asked;
    const { host: _, ...rest } = headers;
    const all = { authorization: this.#authorization, ...rest };
    const options = { method, headers: all, agent: this.#agent };
    const passed = request(`${this.#task.server.url}${url}`, options, (from) => {
      answer.writeHead(from.statusCode ?? 502, from.headers);
      from.pipe(answer);
    });
    // Whoever asked sees a connection that ends, as when the server itself goes.
    passed.on("error", () => answer.destroy());
    answer.on("close", () => passed.destroy());
    asked.pipe(passed);
  }
}
