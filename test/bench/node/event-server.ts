/**
 * An API server in front of the real one: lists and all else are the real one's, but the events of endpoint
 * slices are made here, as many as a benchmark wants. The real one writes some 30 a second on the guest's
 * one processor.
 */
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Agent, request } from "node:https";
import type { AddressInfo } from "node:net";
import type { V1EndpointSlice } from "@kubernetes/client-node";
import type { NodeTask } from "./node-task.ts";

const HOST = "127.0.0.1";
const SLICES = "/apis/discovery.k8s.io/v1/endpointslices";
const KUBECONFIG = "/run/bench-events-kubeconfig.yaml";
/** Any: nobody watches again from here while it runs. */
const RESOURCE_VERSION = "1";

/** One server. */
export class EventServer {
  /** The kubeconfig for those who use it in the place of the real one. */
  readonly kubeconfig = KUBECONFIG;
  readonly #task: NodeTask;
  readonly #agent: Agent;
  readonly #server: Server;
  readonly #watches = new Set<ServerResponse>();

  private constructor(task: NodeTask) {
    this.#task = task;
    this.#agent = new Agent({ keepAlive: true, ca: readFileSync(task.server.authority) });
    this.#server = createServer((asked, answer) => this.#answer(asked, answer));
  }

  /** Starts it, and writes its kubeconfig. */
  static async start(task: NodeTask): Promise<EventServer> {
    const one = new EventServer(task);
    one.#server.listen(0, HOST);
    await once(one.#server, "listening");
    const { port } = one.#server.address() as AddressInfo;
    const real = readFileSync(task.kubeconfig, "utf8");
    writeFileSync(KUBECONFIG, real.replace(task.server.url, `http://${HOST}:${port}`));
    return one;
  }

  /** Tells everybody who watches endpoint slices. Throws when nobody does. */
  send(slice: V1EndpointSlice): void {
    if (this.#watches.size === 0) throw new Error("nobody watches endpoint slices");
    const metadata = { ...slice.metadata, resourceVersion: RESOURCE_VERSION };
    const event = `${JSON.stringify({ type: "MODIFIED", object: { ...slice, metadata } })}\n`;
    for (const watch of this.#watches) watch.write(event);
  }

  /** Ends it, with all its connections. */
  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
    this.#agent.destroy();
  }

  #answer(asked: IncomingMessage, answer: ServerResponse): void {
    const { pathname, searchParams } = new URL(asked.url ?? "/", `http://${HOST}`);
    if (pathname === SLICES && searchParams.has("watch")) this.#watch(answer);
    else this.#pass(asked, answer);
  }

  #watch(answer: ServerResponse): void {
    answer.writeHead(200, { "content-type": "application/json" });
    answer.flushHeaders();
    this.#watches.add(answer);
    answer.on("close", () => this.#watches.delete(answer));
  }

  #pass(asked: IncomingMessage, answer: ServerResponse): void {
    const { method, headers, url } = asked;
    const { host: _, ...rest } = headers;
    const options = { method, headers: rest, agent: this.#agent };
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
