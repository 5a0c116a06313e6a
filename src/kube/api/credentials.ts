/**
 * Where the API server is and how we prove who we are, by client-node's `KubeConfig`: kubeconfigs with
 * tokens, token files, client certificates, exec plugins and proxies, or the service account of this pod.
 * Read again from time to time, since tokens and certificates are replaced while we run.
 */
import { statSync } from "node:fs";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent, type RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import type { Clock } from "../../base/clock.ts";
import { ApiError } from "./api-error.ts";

/** How long a kubeconfig is believed before its file, and the files it names, are read again. */
const BELIEVED_MS = 60_000;

/** Where to look. */
export interface ApiLocation {
  /** Path of a kubeconfig; undefined with an empty `master`: this pod's own service account. */
  readonly kubeconfig: string | undefined;
  /** URL that beats the server of the kubeconfig; "" leaves it. */
  readonly master: string;
}

/** What every request is made with. */
export interface Access {
  readonly server: URL;
  readonly options: RequestOptions;
}

/** Reads them when they are needed. */
export class Credentials {
  readonly #location: ApiLocation;
  readonly #clock: Clock;
  #config: KubeConfig;
  #readMs: number;
  #agent: { readonly key: string; readonly agent: HttpAgent } | undefined;

  /** Throws an {@link ApiError} `CONFIG` when there is no usable kubeconfig. */
  constructor(location: ApiLocation, clock: Clock) {
    this.#location = location;
    this.#clock = clock;
    this.#config = readConfig(location);
    this.#readMs = clock.nowMs();
  }

  /** URL of the API server, for messages. */
  get server(): string {
    return this.#config.getCurrentCluster()?.server ?? "";
  }

  /** Rejects with an {@link ApiError} `CONFIG` when an exec plugin fails or a file is gone. */
  async access(): Promise<Access> {
    if (this.#clock.nowMs() - this.#readMs >= BELIEVED_MS) {
      this.#config = readConfig(this.#location);
      this.#readMs = this.#clock.nowMs();
    }
    const cluster = this.#config.getCurrentCluster();
    const options: RequestOptions = {};
    try {
      await this.#config.applyToHTTPSOptions(options);
    } catch (cause) {
      const text = cause instanceof Error ? cause.message : String(cause);
      throw new ApiError("CONFIG", `the credentials of the kubeconfig fail: ${text}`, { cause });
    }
    if (!cluster?.proxyUrl) options.agent = this.#reuse(options);
    return { server: new URL(this.server), options };
  }

  /** Closes connections that wait to be used again. */
  close(): void {
    this.#agent?.agent.destroy();
  }

  /** One agent as long as certificates stay the same, so that pages of a list share a connection. */
  #reuse(options: RequestOptions): HttpAgent {
    const { ca, cert, key, servername, rejectUnauthorized } = options;
    const isPlain = this.server.startsWith("http:");
    const name = JSON.stringify([isPlain, String(ca), String(cert), String(key), servername]);
    if (this.#agent?.key !== name) {
      this.#agent?.agent.destroy();
      const how = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS };
      const tls = { ca, cert, key, servername, rejectUnauthorized };
      const agent = isPlain ? new HttpAgent(how) : new HttpsAgent({ ...how, ...definedOf(tls) });
      this.#agent = { key: name, agent };
    }
    return this.#agent.agent;
  }
}

/** TCP asks whether the other end is there after so long without a word. */
const KEEP_ALIVE_MS = 15_000;

function definedOf<T extends object>(values: T): Partial<T> {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}

function readConfig({ kubeconfig, master }: ApiLocation): KubeConfig {
  const config = new KubeConfig();
  try {
    if (kubeconfig !== undefined) {
      statSync(kubeconfig);
      config.loadFromFile(kubeconfig);
    } else if (master === "") config.loadFromCluster();
    else config.loadFromOptions(masterAlone(master));
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause);
    const what = kubeconfig ?? "the service account of this pod";
    throw new ApiError("CONFIG", `${what} is no usable kubeconfig: ${text}`, { cause });
  }
  const cluster = config.getCurrentCluster();
  if (!cluster) {
    const why = `its current context names no cluster (current-context: ${config.currentContext || "none"})`;
    throw new ApiError("CONFIG", `${kubeconfig}: ${why}`);
  }
  const server = master === "" ? cluster.server : master;
  // client-node refuses plain HTTP unless the certificate, which there is none of, is not checked.
  const skipTLSVerify = cluster.skipTLSVerify || server.startsWith("http:");
  config.clusters = config.clusters.map((one) =>
    one.name === cluster.name ? { ...one, server, skipTLSVerify } : one,
  );
  if (!URL.canParse(server)) {
    throw new ApiError("CONFIG", `${kubeconfig}: server ${JSON.stringify(server)} is no URL`);
  }
  return config;
}

function masterAlone(server: string) {
  return {
    clusters: [{ name: "master", server, skipTLSVerify: server.startsWith("http:") }],
    users: [{ name: "nobody" }],
    contexts: [{ name: "master", cluster: "master", user: "nobody" }],
    currentContext: "master",
  };
}
