/** The tests' own hands at the API server of the lab: they make, change and take away whatever they like. */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:https";
import type { KubernetesObject } from "@kubernetes/client-node";
import { resourcePath } from "./api-paths.ts";

const LOG_CHARACTERS_SHOWN = 3_000;
const ANSWER_MS_MAX = 30_000;
/** Connections that a server which has gone may have left behind: each is found out when it is used. */
const IDLE_MAX = 16;
const STRICT = "?fieldValidation=Strict";
const IMMUTABLE = /may not change once set|field is immutable/;

/** Who may ask: tokens are the names. */
export const USERS = {
  admin: { name: "admin", groups: "system:masters" },
  proxy: { name: "system:kube-proxy", groups: "system:authenticated" },
  nobody: { name: "nobody", groups: "system:authenticated" },
} as const;

/** A user of the server. */
export type ApiUser = keyof typeof USERS;

/** What the server answered. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Options {
  readonly user?: ApiUser;
  readonly body?: object;
  readonly contentType?: string;
}

class IdleConnectionClosed extends Error {}

/** Asks one server. */
export class ApiRequests {
  readonly #url: string;
  readonly #authority: string;
  #agent: Agent | undefined;
  /** Paths of the objects that have a status of ours. */
  readonly #withStatus = new Set<string>();

  /** `authority` is the file of the certificate that the server's own is signed by. */
  constructor(url: string, authority: string) {
    this.#url = url;
    this.#authority = authority;
  }

  /** Closes connections. */
  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }

  /** Makes the object so, its status included, whether it was there or not. Unknown fields are refused. */
  async put(object: KubernetesObject): Promise<void> {
    const path = resourcePath(object);
    const { status, ...rest } = object as KubernetesObject & { readonly status?: object };
    const replaced = await this.ask("PUT", `${path}${STRICT}`, { body: rest });
    // As `kubectl replace --force` does with what may not change.
    if (replaced.status === 422 && IMMUTABLE.test(JSON.stringify(replaced.body))) {
      await this.remove(object);
    } else if (replaced.status >= 300 && replaced.status !== 404) {
      throw refusal(`PUT ${path}`, replaced);
    }
    if (replaced.status >= 300) await this.#send("POST", path.replace(/\/[^/]*$/, ""), rest);
    if (status === undefined && !this.#withStatus.delete(path)) return;
    if (status) this.#withStatus.add(path);
    await this.#send("PUT", `${path}/status`, { ...rest, status: status ?? {} });
  }

  /** Takes the object away; one that is gone is no error. */
  async remove(object: KubernetesObject): Promise<void> {
    const path = resourcePath(object);
    this.#withStatus.delete(path);
    const { status, body } = await this.ask("DELETE", path);
    if (status >= 300 && status !== 404) throw refusal(`DELETE ${path}`, { status, body });
  }

  /** Any request. One that meets a connection which the server has just closed for idleness is sent again. */
  async ask(method: string, path: string, options: Options = {}): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#askOnce(method, path, options);
      } catch (err) {
        if (!(err instanceof IdleConnectionClosed) || attempt === IDLE_MAX) throw err;
      }
    }
  }

  #askOnce(method: string, path: string, options: Options): Promise<Answer> {
    const { user = "admin", body, contentType = "application/json" } = options;
    this.#agent ??= new Agent({
      keepAlive: true,
      ca: readFileSync(this.#authority),
    });
    const agent = this.#agent;
    return new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${user}`, "content-type": contentType };
      const asked = request(`${this.#url}${path}`, {
        method,
        agent,
        headers,
        timeout: ANSWER_MS_MAX,
      });
      asked.on("timeout", () => asked.destroy(new Error(`${method} ${path}: no answer`)));
      asked.on("error", (err: Error & { readonly code?: string }) => {
        const isIdle = asked.reusedSocket && err.code === "ECONNRESET";
        reject(isIdle ? new IdleConnectionClosed(err.message) : err);
      });
      asked.on("response", (answer) => {
        const parts: Buffer[] = [];
        answer.on("data", (part: Buffer) => parts.push(part));
        answer.on("error", reject);
        answer.on("end", () => {
          const text = Buffer.concat(parts).toString();
          resolve({
            status: answer.statusCode ?? 0,
            body: text.startsWith("{") ? JSON.parse(text) : text,
          });
        });
      });
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async #send(method: "PUT" | "POST", path: string, body: object): Promise<void> {
    const answer = await this.ask(method, `${path}${STRICT}`, { body });
    if (answer.status >= 300) throw refusal(`${method} ${path}`, answer);
  }
}

function refusal(what: string, { status, body }: Answer): Error {
  return new Error(`${what}: ${status} ${JSON.stringify(body).slice(0, LOG_CHARACTERS_SHOWN)}`);
}
