/** A real kube-apiserver with its etcd, inside the lab or beside it, with RBAC on. */
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiRequests, type ApiUser, USERS } from "./api-requests.ts";
import { type ProcessUsage, processUsage } from "./process-usage.ts";

const PROGRAMS = join("build", "lab", "kubernetes");
const LOG_CHARACTERS_SHOWN = 3_000;
/** Nobody is told of it but in the certificate, yet without one the server looks for a route outside. */
const ADVERTISED = "192.0.2.10";
/** With a large store in a slow guest it takes minutes. As long as the one that is built for the lab gives itself. */
const READY_MS_MAX = 900_000;
const POLL_MS = 100;

/** Where it is and what it begins with. Two at a time need different folders, and ports 2 apart. */
export interface ApiServerOptions {
  /** Everything of it. */
  readonly folder: string;
  /** Of the server; etcd takes the two after it. */
  readonly port: number;
  /** Reachable from other machines and namespaces, too, as {@link ADVERTISED}. */
  readonly isOpen: boolean;
  /** A folder of etcd that is copied; an empty store without it. */
  readonly filled: string | undefined;
}

const DEFAULTS: ApiServerOptions = {
  folder: "/run/kubernetes",
  port: 6443,
  isOpen: false,
  filled: undefined,
};

/** Starts and ends it. */
export class ApiServer {
  /** For whoever runs beside it. */
  readonly url: string;
  /** For whoever has a route to it; only where it `isOpen`. */
  readonly openUrl: string;
  /** File of the certificate that its own is signed by. */
  readonly authority: string;
  /** Asks it. */
  readonly api: ApiRequests;
  readonly #options: ApiServerOptions;
  /** Of its etcd. */
  readonly etcdUrl: string;
  #etcd: ChildProcess | undefined;
  #server: ChildProcess | undefined;

  private constructor(options: ApiServerOptions) {
    const { folder, port, isOpen } = options;
    this.#options = options;
    // Its certificate names the address that it is bound to, else this.
    this.url = `https://${isOpen ? "localhost" : "127.0.0.1"}:${port}`;
    this.openUrl = `https://${ADVERTISED}:${port}`;
    this.authority = join(folder, "certs", "apiserver.crt");
    this.api = new ApiRequests(this.url, this.authority);
    this.etcdUrl = `http://127.0.0.1:${port + 1}`;
  }

  /** Returns when it is ready. */
  static async start(options: Partial<ApiServerOptions> = {}): Promise<ApiServer> {
    const all = { ...DEFAULTS, ...options };
    const { folder, port, filled } = all;
    const data = join(folder, "etcd");
    mkdirSync(folder, { recursive: true });
    rmSync(data, { recursive: true, force: true });
    if (filled !== undefined) cpSync(filled, data, { recursive: true });
    writeKeys(folder);
    const rows = Object.entries(USERS).map(
      ([token, { name, groups }]) => `${token},${name},${token},"${groups}"\n`,
    );
    writeFileSync(join(folder, "tokens.csv"), rows.join(""));
    const server = new ApiServer(all);
    const [url, peer] = [server.etcdUrl, `http://127.0.0.1:${port + 2}`];
    server.#etcd = run(folder, "etcd", [
      ...["--unsafe-no-fsync", "--data-dir", data],
      ...["--listen-client-urls", url, "--advertise-client-urls", url],
      ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
      ...["--initial-cluster", `default=${peer}`],
    ]);
    try {
      await until(
        () => isHealthy(url),
        () => "etcd is not ready",
      );
      await server.resume();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Processor time of server and etcd so far, and what the server holds in memory. */
  usage(): { readonly server: ProcessUsage; readonly etcd: ProcessUsage } {
    return { server: processUsage(this.#server?.pid), etcd: processUsage(this.#etcd?.pid) };
  }

  /** Starts the server again after {@link pause}, on what was stored, with `flags` too; returns when it is ready. */
  async resume(...flags: readonly string[]): Promise<void> {
    const { folder, port, isOpen } = this.#options;
    this.#server = run(folder, "kube-apiserver", [
      ...["--etcd-servers", this.etcdUrl, "--secure-port", `${port}`],
      ...["--bind-address", isOpen ? "0.0.0.0" : "127.0.0.1", "--advertise-address", ADVERTISED],
      ...["--cert-dir", join(folder, "certs"), "--token-auth-file", join(folder, "tokens.csv")],
      ...["--authorization-mode", "RBAC", "--service-account-issuer", "https://kubernetes"],
      ...["--service-account-key-file", join(folder, "sa.pub")],
      ...["--service-account-signing-key-file", join(folder, "sa.key")],
      ...["--service-cluster-ip-range", "10.96.0.0/16,fd00:96::/108"],
      ...["--endpoint-reconciler-type", "none", "--allow-privileged"],
      ...["--disable-admission-plugins", "ServiceAccount"],
      // A test that ends it does not wait for the watches of an agent.
      ...["--shutdown-send-retry-after=false", "--shutdown-watch-termination-grace-period", "0s"],
      ...flags,
    ]);
    await until(
      () => this.#isReady(),
      () => `kube-apiserver is not ready; its log:\n${this.logEnd()}`,
    );
  }

  /** Ends the server, by force: what is stored stays. */
  async pause(): Promise<void> {
    await end(this.#server, "SIGKILL");
    this.api.close();
  }

  /** Ends both. */
  async stop(): Promise<void> {
    await this.pause();
    await end(this.#etcd, "SIGTERM");
  }

  /** The path of a kubeconfig for `user`, which proves who the server is. */
  kubeconfig(user: ApiUser): string {
    const path = join(this.#options.folder, `${user}.kubeconfig`);
    this.writeKubeconfig(path, { token: user });
    return path;
  }

  /** Writes a kubeconfig with these credentials, for {@link url} or {@link openUrl}. */
  writeKubeconfig(path: string, user: object, server = this.url): void {
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: "lab",
          cluster: {
            server,
            "certificate-authority": this.authority,
          },
        },
      ],
      users: [{ name: "user", user }],
      contexts: [{ name: "lab", context: { cluster: "lab", user: "user" } }],
      "current-context": "lab",
    };
    writeFileSync(path, JSON.stringify(config));
  }

  /** The last lines of the server's log, for messages. */
  logEnd(): string {
    return readFileSync(join(this.#options.folder, "kube-apiserver.log"), "utf8").slice(
      -LOG_CHARACTERS_SHOWN,
    );
  }

  async #isReady(): Promise<boolean> {
    if (this.#server?.exitCode !== null)
      throw new Error(`it has ended; its log:\n${this.logEnd()}`);
    try {
      return (await this.api.ask("GET", "/readyz")).status === 200;
    } catch {
      // It does not listen yet, or has not written its certificate.
      this.api.close();
      return false;
    }
  }
}

async function until(isSo: () => Promise<boolean>, otherwise: () => string): Promise<void> {
  const startMs = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startMs > READY_MS_MAX) throw new Error(otherwise());
    await sleep(POLL_MS);
  }
}

/** The server gives an etcd that reads a large store 20 s only. */
async function isHealthy(etcdUrl: string): Promise<boolean> {
  try {
    return (await fetch(`${etcdUrl}/health`)).ok;
  } catch {
    return false; // It does not listen yet.
  }
}

function writeKeys(folder: string): void {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  writeFileSync(join(folder, "sa.pub"), publicKey);
  writeFileSync(join(folder, "sa.key"), privateKey);
}

function run(folder: string, program: string, args: readonly string[]): ChildProcess {
  const log = openSync(join(folder, `${program}.log`), "a");
  const child = spawn(join(PROGRAMS, program), args, { stdio: ["ignore", log, log] });
  closeSync(log);
  child.on("error", () => {}); // Seen as a server that is never ready.
  return child;
}

async function end(child: ChildProcess | undefined, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}
