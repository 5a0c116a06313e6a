/** An HTTP server that goes on trying to listen until it is closed, and lets nobody use up the process. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { Clock } from "../base/clock.ts";

/** Wait between two tries to listen, as kube-proxy's. */
export const LISTEN_RETRY_MS = 5_000;

/** Bytes of a request's headers. */
const HEADER_BYTES_MAX = 8_192;

/** Time to send all headers, and the whole request. */
const HEADERS_MS_MAX = 5_000;
const REQUEST_MS_MAX = 10_000;

/** How often those two are looked at. */
const REQUEST_CHECK_MS = 5_000;

/** Time that a connection may say nothing, between requests or in the middle of one. */
const QUIET_MS_MAX = 30_000;

/** Connections at once: more than all load balancers of a cluster hold. */
const CONNECTIONS_MAX = 1_000;

/** These two hosts mean every address of this node, of both families, as Go's net.Listen has it. */
const ALL_ADDRESSES: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/** The kernel has no IPv6, or it is switched off. */
const WITHOUT_IPV6: ReadonlySet<string> = new Set(["EAFNOSUPPORT", "EADDRNOTAVAIL"]);

/** Why an address cannot be listened on. */
export class ListenError extends Error {
  override readonly name = "ListenError";
  /** Name of the errno, such as `EADDRINUSE`. */
  readonly code: string;

  constructor(where: string, cause: NodeJS.ErrnoException, ifInUse?: string) {
    const advice = cause.code === "EADDRINUSE" && ifInUse !== undefined ? `; ${ifInUse}` : "";
    super(`cannot listen on ${where}: ${cause.message}${advice}`, { cause });
    this.code = cause.code ?? "";
  }
}

/** What a listener is made of. */
export interface ListenerOptions {
  /** An address; `0.0.0.0` and `::` are every address of both families. */
  readonly host: string;
  /** 0: any that is free. */
  readonly port: number;
  readonly answer: RequestListener;
  readonly clock: Clock;
  /** Called with the port whenever it begins to listen. */
  readonly onListening: (port: number) => void;
  /** Called when it cannot listen: once for each code, until it can. */
  readonly onFailure: (error: ListenError) => void;
  /** Who it probably is when the address is in use, and what to do; goes into the error. */
  readonly ifInUse?: string;
}

/** Listens from its construction until it is closed. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;
  #server: Server | undefined;
  #wait = new AbortController();
  #failure: string | undefined;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#ended = this.#work();
  }

  /** Tries again at once if it waits to. */
  retry(): void {
    this.#wait.abort();
  }

  /** Resolves when the port is free again and no connection is left. */
  async close(): Promise<void> {
    this.#stop.abort();
    this.#wait.abort();
    // One that is about to listen ends as soon as it does: closing it now would not keep it from that.
    if (this.#server?.listening) this.#end();
    await this.#ended;
  }

  async #work(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#serve();
      } catch (error) {
        this.#report(error);
      }
      if (this.#stop.signal.aborted) return;
      this.#wait = new AbortController();
      await this.#options.clock.sleep(LISTEN_RETRY_MS, this.#wait.signal);
    }
  }

  /** Resolves when it is closed; rejects when it cannot listen, or not any more. */
  async #serve(): Promise<void> {
    const { host } = this.#options;
    if (!ALL_ADDRESSES.has(host)) return this.#serveOn(host);
    try {
      await this.#serveOn("::");
    } catch (error) {
      if (!WITHOUT_IPV6.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
      await this.#serveOn("0.0.0.0");
    }
  }

  #serveOn(host: string): Promise<void> {
    const { answer, port, onListening } = this.#options;
    const server = limitedServer(answer);
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.on("close", resolve);
      server.on("error", (error) => {
        reject(error);
        if (server.listening) this.#end();
      });
      server.listen({ host, port }, () => {
        if (this.#stop.signal.aborted) {
          this.#end();
          return;
        }
        this.#failure = undefined;
        const address = server.address();
        onListening(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  }

  #report(error: unknown): void {
    const { host, port, onFailure, ifInUse } = this.#options;
    const where = host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
    const cause = error instanceof Error ? error : new Error(String(error));
    const failure = new ListenError(where, cause, ifInUse);
    if (failure.code === this.#failure) return;
    this.#failure = failure.code;
    onFailure(failure);
  }

  #end(): void {
    this.#server?.close();
    // Who asks on a connection that is kept must see that nobody is there any more.
    this.#server?.closeAllConnections();
  }
}

function limitedServer(answer: RequestListener): Server {
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: HEADERS_MS_MAX,
      requestTimeout: REQUEST_MS_MAX,
      connectionsCheckingInterval: REQUEST_CHECK_MS,
      keepAliveTimeout: QUIET_MS_MAX,
    },
    answer,
  );
  server.maxConnections = CONNECTIONS_MAX;
  server.timeout = QUIET_MS_MAX;
  return server;
}
