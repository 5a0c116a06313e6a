/** Requests to the API server: whole answers with limits of size and time, and streams for watches. */
import { type ClientRequest, request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest, type RequestOptions } from "node:https";
import type { Clock } from "../../base/clock.ts";
import type { Address } from "../../model/address.ts";
import { decodeObject, PROTOBUF_TYPE } from "../protobuf/decode.ts";
import { AnswerBuffer } from "./answer-buffer.ts";
import { ApiError, connectionError, endedError, statusError } from "./api-error.ts";
import { Credentials } from "./credentials.ts";
import type { ApiLocation } from "./kubeconfig.ts";
import { ServerAddresses } from "./server-addresses.ts";
import { type SilenceLimit, untilSilent } from "./silence.ts";

const JSON_TYPE = "application/json";

/** From a request to the head of its answer. */
export const HEAD_MS_MAX = 30_000;

/** Time without a byte in the middle of an answer that is awaited whole. */
export const PAUSE_MS_MAX = 30_000;

/** Bytes of an answer that is taken whole: 500 objects are some 2 to 15 MB. */
export const ANSWER_BYTES_MAX = 32 * 1024 * 1024;

/** One request. */
export interface ApiRequest {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** `application/json` when absent. */
  readonly contentType?: string;
  /** The answer may come in protobuf: half the bytes, and a fraction of the work on both sides. */
  readonly mayBeProtobuf?: boolean;
  /** Where the answer stands until the next one that is given this. Its own when absent. */
  readonly memory?: AnswerBuffer;
  /** From here to the head of the answer; {@link HEAD_MS_MAX} when absent. */
  readonly headMsMax?: number;
  readonly signal: AbortSignal;
}

/** An answer of any status. */
export interface ApiAnswer {
  readonly status: number;
  /** Parsed JSON or protobuf, or the text where it is neither. */
  readonly body: unknown;
}

/** An answer that goes on. */
export interface ApiStream {
  /** Else it is JSON. */
  readonly isProtobuf: boolean;
  readonly chunks: AsyncIterable<Buffer>;
}

/** One API server. */
export class ApiClient {
  readonly #credentials: Credentials;
  readonly #clock: Clock;
  readonly #addresses = new ServerAddresses();

  /** Reads nothing yet: a kubeconfig that is none fails the requests. */
  constructor(location: ApiLocation, clock: Clock) {
    this.#credentials = new Credentials(location, clock);
    this.#clock = clock;
  }

  /** URL of the server, for messages. */
  get server(): string {
    return this.#credentials.server;
  }

  /** Where the server is, as far as that is known: see {@link ServerAddresses}. */
  get addresses(): readonly Address[] {
    return this.#addresses.of(this.server);
  }

  /** Rejects with an {@link ApiError} when there is no answer; an answer of any status resolves. */
  async request(
    method: "GET" | "POST" | "PATCH",
    path: string,
    asked: ApiRequest,
  ): Promise<ApiAnswer> {
    const answer = await this.#send(method, path, asked);
    const bytes = await this.#whole(answer, asked.memory);
    return { status: answer.statusCode ?? 0, body: parsed(answer, bytes) };
  }

  /** The answer's body as JSON. Rejects with an {@link ApiError} for a status that is not 200, too. */
  async get(what: string, path: string, asked: ApiRequest): Promise<object> {
    const { status, body } = await this.request("GET", path, asked);
    if (status !== 200) throw statusError(what, status, body);
    if (typeof body !== "object" || body === null) {
      throw new ApiError("MALFORMED", `${what}: the answer is no object, or is cut off`);
    }
    return body;
  }

  /**
   * An answer as its bytes come, from when its head is there. Rejects as {@link get}; the stream of bytes
   * throws an {@link ApiError} when it breaks, `TIMEOUT` when nothing comes for `silenceMs`.
   */
  async stream(
    what: string,
    path: string,
    asked: ApiRequest & Pick<SilenceLimit, "silenceMs">,
  ): Promise<ApiStream> {
    const answer = await this.#send("GET", path, asked);
    if (answer.statusCode === 200) {
      return { isProtobuf: isProtobuf(answer), chunks: this.#bytes(answer, asked.silenceMs) };
    }
    throw statusError(what, answer.statusCode ?? 0, parsed(answer, await this.#whole(answer)));
  }

  /** Closes idle connections. */
  close(): void {
    this.#credentials.close();
  }

  async #send(method: string, path: string, asked: ApiRequest): Promise<IncomingMessage> {
    const { query = {}, body, contentType = JSON_TYPE, mayBeProtobuf = false, signal } = asked;
    const { server, options } = await this.#credentials.access(signal);
    const url = new URL(server.pathname.replace(/\/$/, "") + path, server);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      ...(options.headers as Record<string, string> | undefined),
      accept: mayBeProtobuf ? `${PROTOBUF_TYPE},${JSON_TYPE}` : JSON_TYPE,
      "user-agent": "kube-ipvs",
      ...(payload !== undefined && { "content-type": contentType }),
    };
    const answer = await this.#head(url, { ...options, method, headers }, { ...asked, payload });
    if (answer.statusCode === 401) this.#credentials.distrust();
    return answer;
  }

  /** Sends, and resolves with the head of the answer. `signal` ends the answer, too. */
  async #head(
    url: URL,
    options: RequestOptions,
    asked: ApiRequest & { readonly payload: string | undefined },
  ): Promise<IncomingMessage> {
    const { payload, signal, headMsMax = HEAD_MS_MAX } = asked;
    const request = new AbortController();
    const inTime = new AbortController();
    const abort = (): void => request.abort();
    const forget = (): void => signal.removeEventListener("abort", abort);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    void this.#clock.sleep(headMsMax, inTime.signal).then(() => inTime.signal.aborted || abort());
    try {
      const answer = await answerHead(url, { ...options, signal: request.signal }, payload);
      this.#addresses.answered(this.server, answer.socket.remoteAddress);
      answer.once("close", forget);
      // Whoever reads the answer is told; before that nobody listens.
      answer.on("error", forget);
      return answer;
    } catch (cause) {
      forget();
      if (signal.aborted) throw endedError(this.server, cause);
      if (request.signal.aborted) {
        const text = `${this.server} does not answer within ${headMsMax} ms`;
        throw new ApiError("TIMEOUT", text, { cause });
      }
      throw connectionError(this.server, cause);
    } finally {
      inTime.abort();
    }
  }

  async #whole(answer: IncomingMessage, memory = new AnswerBuffer()): Promise<Buffer> {
    memory.begin();
    for await (const chunk of this.#bytes(answer, () => PAUSE_MS_MAX)) {
      if (memory.length + chunk.length > ANSWER_BYTES_MAX) {
        const text = `${this.server} sends an answer of more than ${ANSWER_BYTES_MAX} bytes`;
        throw new ApiError("TOO_LARGE", text);
      }
      memory.add(chunk);
    }
    return memory.bytes();
  }

  async *#bytes(
    answer: IncomingMessage,
    silenceMs: SilenceLimit["silenceMs"],
  ): AsyncGenerator<Buffer, void> {
    const error = (): ApiError => {
      const text = `${this.server} says nothing for ${silenceMs()} ms in the middle of an answer`;
      return new ApiError("TIMEOUT", text);
    };
    try {
      yield* untilSilent(answer, { clock: this.#clock, silenceMs, error });
    } catch (cause) {
      throw connectionError(this.server, cause);
    }
  }
}

/**
 * Sends once. A connection that was kept may have been closed by the server at the very moment of the
 * request: what changes nothing is then asked again, on one of its own.
 */
async function answerHead(
  url: URL,
  options: RequestOptions,
  payload: string | undefined,
): Promise<IncomingMessage> {
  const send = url.protocol === "http:" ? httpRequest : httpsRequest;
  let sent: ClientRequest | undefined;
  const once = (how: RequestOptions): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      sent = send(url, how, resolve);
      sent.on("error", reject);
      sent.end(payload);
    });
  try {
    return await once(options);
  } catch (cause) {
    const isKept = sent?.reusedSocket === true && !options.signal?.aborted;
    if (!isKept || options.method !== "GET") throw cause;
    return once({ ...options, agent: false });
  }
}

function isProtobuf({ headers }: IncomingMessage): boolean {
  return headers["content-type"]?.startsWith(PROTOBUF_TYPE) ?? false;
}

function parsed(answer: IncomingMessage, body: Buffer): unknown {
  if (isProtobuf(answer)) return decodedOrText(body);
  const text = body.toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function decodedOrText(body: Buffer): unknown {
  try {
    return decodeObject(body);
  } catch (error) {
    return `protobuf that cannot be read: ${error instanceof Error ? error.message : error}`;
  }
}
