/** Requests to the API server: whole answers with limits of size and time, and streams for watches. */
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { Clock } from "../../base/clock.ts";
import { ApiError, connectionError, statusError } from "./api-error.ts";
import { type ApiLocation, Credentials } from "./credentials.ts";

/** From a request to the head of its answer. */
const HEAD_MS_MAX = 30_000;

/** Time without a byte in the middle of an answer that is awaited whole. */
const PAUSE_MS_MAX = 30_000;

/** Bytes of an answer that is taken whole. */
export const ANSWER_BYTES_MAX = 128 * 1024 * 1024;

/** One request. */
export interface ApiRequest {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** `application/json` when absent. */
  readonly contentType?: string;
  readonly signal: AbortSignal;
}

/** An answer of any status. */
export interface ApiAnswer {
  readonly status: number;
  /** Parsed JSON, or the text where it is none. */
  readonly body: unknown;
}

/** One API server. */
export class ApiClient {
  readonly #credentials: Credentials;
  readonly #clock: Clock;

  /** Throws an {@link ApiError} `CONFIG`. */
  constructor(location: ApiLocation, clock: Clock) {
    this.#credentials = new Credentials(location, clock);
    this.#clock = clock;
  }

  /** URL of the server, for messages. */
  get server(): string {
    return this.#credentials.server;
  }

  /** Rejects with an {@link ApiError} when there is no answer; an answer of any status resolves. */
  async request(
    method: "GET" | "POST" | "PATCH",
    path: string,
    asked: ApiRequest,
  ): Promise<ApiAnswer> {
    const answer = await this.#send(method, path, asked);
    const text = await this.#whole(answer);
    return { status: answer.statusCode ?? 0, body: parsed(text) };
  }

  /** The answer's body as JSON. Rejects with an {@link ApiError} for a status that is not 200, too. */
  async get(what: string, path: string, asked: ApiRequest): Promise<unknown> {
    const { status, body } = await this.request("GET", path, asked);
    if (status !== 200) throw statusError(what, status, body);
    if (typeof body !== "object" || body === null) {
      throw new ApiError("MALFORMED", `${what}: the answer is no JSON object, or is cut off`);
    }
    return body;
  }

  /** The bytes of an answer as they come. Rejects as {@link get}; the stream itself throws what Node does. */
  async stream(what: string, path: string, asked: ApiRequest): Promise<IncomingMessage> {
    const answer = await this.#send("GET", path, asked);
    if (answer.statusCode === 200) return answer;
    throw statusError(what, answer.statusCode ?? 0, parsed(await this.#whole(answer)));
  }

  /** Closes idle connections. */
  close(): void {
    this.#credentials.close();
  }

  async #send(method: string, path: string, asked: ApiRequest): Promise<IncomingMessage> {
    const { query = {}, body, contentType = "application/json", signal } = asked;
    const { server, options } = await this.#credentials.access();
    const url = new URL(server.pathname.replace(/\/$/, "") + path, server);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...(options.headers as Record<string, string> | undefined),
      accept: "application/json",
      "user-agent": "kube-ipvs",
      ...(payload !== undefined && { "content-type": contentType }),
    };
    const send = url.protocol === "http:" ? httpRequest : httpsRequest;
    return this.#within(HEAD_MS_MAX, signal, `${this.server} does not answer`, (both) => {
      return new Promise<IncomingMessage>((resolve, reject) => {
        const sent = send(url, { ...options, method, headers, signal: both }, resolve);
        sent.on("error", reject);
        sent.end(payload);
      });
    });
  }

  async #whole(answer: IncomingMessage): Promise<string> {
    const chunks: Buffer[] = [];
    let bytes = 0;
    answer.setTimeout(PAUSE_MS_MAX, () => {
      answer.destroy(new ApiError("TIMEOUT", `${this.server} stopped in the middle of an answer`));
    });
    try {
      for await (const chunk of answer as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > ANSWER_BYTES_MAX) {
          const text = `${this.server} sends an answer over ${ANSWER_BYTES_MAX} bytes`;
          throw new ApiError("MALFORMED", text);
        }
        chunks.push(chunk);
      }
    } catch (cause) {
      throw connectionError(this.server, cause);
    } finally {
      answer.destroy();
    }
    return Buffer.concat(chunks).toString();
  }

  /** Ends `work` by the signal it is given after `ms`, or when `outer` is aborted. */
  async #within<T>(
    ms: number,
    outer: AbortSignal,
    late: string,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const inTime = new AbortController();
    const deadline = new AbortController();
    let isLate = false;
    void this.#clock.sleep(ms, inTime.signal).then(() => {
      if (inTime.signal.aborted) return;
      isLate = true;
      deadline.abort();
    });
    try {
      return await work(AbortSignal.any([outer, deadline.signal]));
    } catch (cause) {
      if (isLate) throw new ApiError("TIMEOUT", `${late} within ${ms} ms`, { cause });
      throw connectionError(this.server, cause);
    } finally {
      inTime.abort();
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
