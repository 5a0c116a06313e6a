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
import { endPluginBy, keepEndless } from "./exec-plugin.ts";
import { type ApiLocation, readKubeConfig } from "./kubeconfig.ts";

/** How long a request waits for an exec plugin. */
const APPLY_MS_MAX = 30_000;

/** An exec plugin that runs for longer is ended: another request may start it again. */
export const PLUGIN_MS_MAX = 300_000;

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
  /** Undefined before it could be read once. */
  #config: KubeConfig | undefined;
  /** What the file looked like when it was read; "" to read it anew. */
  #stamp = "";
  #applying: Promise<RequestOptions> | undefined;
  #agent: { readonly key: string; readonly agent: HttpAgent } | undefined;

  /** Reads nothing yet. */
  constructor(location: ApiLocation, clock: Clock) {
    this.#location = location;
    this.#clock = clock;
  }

  /** URL of the API server, for messages; before that is known, what would say it. */
  get server(): string {
    const { kubeconfig = "the API server", master } = this.#location;
    return this.#config?.getCurrentCluster()?.server ?? (master || kubeconfig);
  }

  /** Notes that the server does not take them: the next request reads all of it again. */
  distrust(): void {
    this.#stamp = "";
  }

  /** Rejects with an {@link ApiError} `CONFIG` when there is no usable kubeconfig, or an exec plugin fails. */
  async access(signal: AbortSignal): Promise<Access> {
    const config = this.#current();
    // Several requests at once are one run of a plugin, and one that hangs is not started again so soon.
    this.#applying ??= this.#apply(config);
    const options = { ...(await this.#inTime(this.#applying, signal)) };
    if (!config.getCurrentCluster()?.proxyUrl) options.agent = this.#reuse(options);
    return { server: new URL(this.server), options };
  }

  #current(): KubeConfig {
    const stamp = stampOf(this.#location);
    if (this.#config && stamp !== "" && stamp === this.#stamp) return this.#config;
    const config = readKubeConfig(this.#location);
    this.#config = config;
    this.#stamp = stamp;
    this.#applying = undefined;
    return config;
  }

  /** Closes connections that wait to be used again. */
  close(): void {
    if (this.#agent) closeIdle(this.#agent.agent);
  }

  async #apply(config: KubeConfig): Promise<RequestOptions> {
    const options: RequestOptions = {};
    const command = config.getCurrentUser()?.exec?.command;
    const done = new AbortController();
    try {
      if (command !== undefined) this.#limit(config, done.signal);
      await config.applyToHTTPSOptions(options);
      if (command !== undefined) keepEndless(config);
      trimToken(options);
      return options;
    } catch (cause) {
      // client-node may have kept what made it fail.
      this.distrust();
      throw new ApiError("CONFIG", failureText(command, cause), { cause });
    } finally {
      done.abort();
      if (config === this.#config) this.#applying = undefined;
    }
  }

  /** Ends a plugin that runs for too long; what it leaves behind may run on, and is waited for no more. */
  #limit(config: KubeConfig, done: AbortSignal): void {
    const end = new AbortController();
    endPluginBy(config, end.signal);
    void this.#clock.sleep(PLUGIN_MS_MAX, done).then(() => {
      if (done.aborted) return;
      end.abort();
      this.distrust();
    });
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
  if (cause instanceof Error && cause.name === "AbortError") {
    return `the exec plugin ${command} of the kubeconfig is ended after ${PLUGIN_MS_MAX} ms`;
  }
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
