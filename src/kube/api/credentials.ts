/**
 * Who we are to the API server, for one request after the other: tokens, token files, client certificates
 * and exec plugins of the kubeconfig, which change while we run. Sends nothing itself.
 */
import { statSync } from "node:fs";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent, type RequestOptions } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import type { Clock } from "../../base/clock.ts";
import { ApiError, endedError } from "./api-error.ts";
import { type ApiLocation, readKubeConfig } from "./kubeconfig.ts";

/** How long an exec plugin may take. */
const APPLY_MS_MAX = 30_000;

/** TCP asks whether the other end is there after so long without a word. */
const KEEP_ALIVE_MS = 15_000;

/** What a request is made with. */
export interface Access {
  readonly server: URL;
  readonly options: RequestOptions;
}

/** Reads them when they are needed, and again when they changed. */
export class Credentials {
  readonly #location: ApiLocation;
  readonly #clock: Clock;
  #config: KubeConfig;
  /** What the file looked like when it was read; "" to read it anew. */
  #stamp: string;
  #applying: Promise<RequestOptions> | undefined;
  #agent: { readonly key: string; readonly agent: HttpAgent } | undefined;

  /** Throws an {@link ApiError} `CONFIG` when there is no usable kubeconfig. */
  constructor(location: ApiLocation, clock: Clock) {
    this.#location = location;
    this.#clock = clock;
    this.#stamp = stampOf(location);
    this.#config = readKubeConfig(location);
  }

  /** URL of the API server, for messages. */
  get server(): string {
    return this.#config.getCurrentCluster()?.server ?? "";
  }

  /** Notes that the server does not take them: the next request reads all of it again. */
  distrust(): void {
    this.#stamp = "";
  }

  /** Rejects with an {@link ApiError} `CONFIG` when an exec plugin fails or a file is gone. */
  async access(signal: AbortSignal): Promise<Access> {
    const stamp = stampOf(this.#location);
    if (stamp !== this.#stamp) {
      this.#config = readKubeConfig(this.#location);
      this.#stamp = stamp;
      this.#applying = undefined;
    }
    // Several requests at once are one run of a plugin, and one that hangs is not started again.
    this.#applying ??= this.#apply();
    const options = { ...(await this.#inTime(this.#applying, signal)) };
    if (!this.#config.getCurrentCluster()?.proxyUrl) options.agent = this.#reuse(options);
    return { server: new URL(this.server), options };
  }

  /** Closes connections that wait to be used again. */
  close(): void {
    if (this.#agent) closeIdle(this.#agent.agent);
  }

  async #apply(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    try {
      await this.#config.applyToHTTPSOptions(options);
      trimToken(options);
      return options;
    } catch (cause) {
      // client-node may have kept what made it fail.
      this.distrust();
      const command = this.#config.getCurrentUser()?.exec?.command;
      throw new ApiError("CONFIG", failureText(command, cause), { cause });
    } finally {
      this.#applying = undefined;
    }
  }

  async #inTime(applying: Promise<RequestOptions>, signal: AbortSignal): Promise<RequestOptions> {
    const done = new AbortController();
    const end = (): void => done.abort();
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    const late = this.#clock.sleep(APPLY_MS_MAX, done.signal).then((): never => {
      if (signal.aborted) throw endedError(this.server);
      const text = `the exec plugin of the kubeconfig does not end within ${APPLY_MS_MAX} ms`;
      throw new ApiError("CONFIG", text);
    });
    // After the race is won nobody waits for the loser.
    late.catch(() => {});
    try {
      return await Promise.race([applying, late]);
    } finally {
      signal.removeEventListener("abort", end);
      done.abort();
    }
  }

  /** One agent as long as certificates stay the same, so that pages of a list share a connection. */
  #reuse(options: RequestOptions): HttpAgent {
    const { ca, cert, key, servername, rejectUnauthorized } = options;
    const isPlain = this.server.startsWith("http:");
    const files = [ca, cert, key].map(String);
    const name = JSON.stringify([isPlain, ...files, servername, rejectUnauthorized]);
    if (this.#agent?.key !== name) {
      this.close();
      const how = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS };
      const tls = { ca, cert, key, servername, rejectUnauthorized };
      const agent = isPlain ? new HttpAgent(how) : new HttpsAgent({ ...how, ...definedOf(tls) });
      this.#agent = { key: name, agent };
    }
    return this.#agent.agent;
  }
}

/** What tells one state of the file from another. In a pod nothing is read but the token, again and again. */
function stampOf({ kubeconfig }: ApiLocation): string {
  if (kubeconfig === undefined) return "no file";
  try {
    const { ino, size, mtimeMs } = statSync(kubeconfig);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    // What is wrong with it is told by the reading.
    return "";
  }
}

/** client-node says little of an exec plugin that fails. `command` is undefined where there is none. */
function failureText(command: string | undefined, cause: unknown): string {
  const said = cause instanceof Error ? cause.message.trim() : String(cause);
  if (command === undefined) return `the credentials of the kubeconfig fail: ${said}`;
  const isNone = cause instanceof TypeError || cause instanceof SyntaxError;
  const why = said === "" ? "it ends with an error and says nothing" : said;
  const reason = isNone ? `it prints no ExecCredential with a status (${said})` : why;
  return `the exec plugin ${command} of the kubeconfig fails: ${reason}`;
}

/** Files end in a line end, which no header may have. */
function trimToken({ headers }: RequestOptions): void {
  const header = headers as Record<string, unknown> | undefined;
  const token = header?.["Authorization"];
  if (header && typeof token === "string") header["Authorization"] = token.trim();
}

/** Those in use go on. */
function closeIdle(agent: HttpAgent): void {
  for (const socket of Object.values(agent.freeSockets).flat()) socket?.destroy();
}

function definedOf<T extends object>(values: T): Partial<T> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}
