/** Many watch clients of one API server, as thin as they can be: they count events and bytes. */
import { readFileSync } from "node:fs";
import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
} from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { WATCH_TYPES, type WatchFormat } from "../watch-format.ts";

const LINE_END = "\n".charCodeAt(0);
/** Before each event in protobuf stands its length. */
const LENGTH_BYTES = 4;
const POLL_MS = 1;

/** Where to watch. */
export interface Watched {
  readonly url: string;
  readonly authority: string;
  readonly path: string;
  readonly format: WatchFormat;
  readonly resourceVersion: string;
  /** Whether the server may send events that are no change. */
  readonly hasBookmarks: boolean;
}

/** Of HTTP, with or without TLS. */
interface Client {
  readonly agent: HttpAgent;
  readonly request: typeof httpsRequest;
}

function clientOf({ url, authority }: Watched, maxSockets: number): Client {
  if (url.startsWith("http:"))
    return { agent: new HttpAgent({ maxSockets }), request: httpRequest };
  const agent = new HttpsAgent({ ca: readFileSync(authority), maxSockets });
  return { agent, request: httpsRequest };
}

/** Some clients that watch the same. */
export class Watchers {
  readonly #clients: Watcher[];
  readonly #client: Client;

  private constructor(clients: Watcher[], client: Client) {
    this.#clients = clients;
    this.#client = client;
  }

  /** Returns when the server has agreed to all. */
  static async open(count: number, watched: Watched): Promise<Watchers> {
    const client = clientOf(watched, count);
    const clients = Array.from({ length: count }, () => new Watcher(watched.format));
    await Promise.all(clients.map((one) => one.connect(watched, client)));
    return new Watchers(clients, client);
  }

  get bytes(): number {
    return this.#clients.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Returns when each client has seen so many events. Rejects after `msMax`. */
  async until(events: number, msMax: number): Promise<void> {
    const startMs = performance.now();
    while (this.#clients.some((client) => client.events < events)) {
      if (performance.now() - startMs > msMax) {
        throw new Error(`a watch client has not seen ${events} events within ${msMax} ms`);
      }
      await sleep(POLL_MS);
    }
  }

  close(): void {
    for (const client of this.#clients) client.close();
    this.#client.agent.destroy();
  }
}

class Watcher {
  bytes = 0;
  events = 0;
  readonly #format: WatchFormat;
  #request: ClientRequest | undefined;
  /** Bytes of the event in protobuf that have still to come, and of the length before it. */
  #left = 0;
  #length: number[] = [];

  constructor(format: WatchFormat) {
    this.#format = format;
  }

  connect(watched: Watched, { agent, request }: Client): Promise<void> {
    const { resourceVersion, hasBookmarks } = watched;
    const query = `watch=1&allowWatchBookmarks=${hasBookmarks}&resourceVersion=${resourceVersion}`;
    const headers = { authorization: "Bearer admin", accept: WATCH_TYPES[this.#format] };
    return new Promise((resolve, reject) => {
      this.#request = request(`${watched.url}${watched.path}?${query}`, { agent, headers });
      this.#request.on("error", reject);
      this.#request.on("response", (answer: IncomingMessage) => {
        if (answer.statusCode !== 200) reject(new Error(`a watch: ${answer.statusCode}`));
        answer.on("data", (part: Buffer) => this.#take(part));
        answer.on("error", () => {}); // Seen as events that never come.
        resolve();
      });
      this.#request.end();
    });
  }

  close(): void {
    this.#request?.destroy();
  }

  #take(part: Buffer): void {
    this.bytes += part.length;
    if (this.#format === "json") {
      for (let at = part.indexOf(LINE_END); at >= 0; at = part.indexOf(LINE_END, at + 1)) {
        this.events += 1;
      }
      return;
    }
    for (let at = 0; at < part.length; ) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, part.length - at);
        this.#left -= taken;
        at += taken;
        if (this.#left === 0) this.events += 1;
        continue;
      }
      this.#length.push(part[at++] ?? 0);
      if (this.#length.length < LENGTH_BYTES) continue;
      this.#left = Buffer.from(this.#length).readUInt32BE();
      this.#length = [];
    }
  }
}
