/** A real kube-apiserver with its etcd inside the lab, with RBAC on. */
import { type ChildProcess, spawn } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiRequests, type ApiUser, USERS } from "./api-requests.ts";

const PROGRAMS = join("build", "lab", "kubernetes");
const FOLDER = "/run/kubernetes";
const LOG_CHARACTERS_SHOWN = 3_000;
const PORT = 6443;
const ETCD = "http://127.0.0.1:23790";
const ETCD_PEER = "http://127.0.0.1:23791";
const READY_MS_MAX = 120_000;
const POLL_MS = 100;

/** Starts and ends it. One at a time: addresses and folders are fixed. */
export class ApiServer {
  readonly url = `https://127.0.0.1:${PORT}`;
  /** File of the certificate that its own is signed by. */
  readonly authority = join(FOLDER, "certs", "apiserver.crt");
  #etcd: ChildProcess | undefined;
  #server: ChildProcess | undefined;
  /** Asks it. */
  readonly api = new ApiRequests(this.url, this.authority);

  private constructor() {}

  /** Returns when it is ready, with an empty store. */
  static async start(): Promise<ApiServer> {
    mkdirSync(FOLDER, { recursive: true });
    writeKeys();
    const rows = Object.entries(USERS).map(
      ([token, { name, groups }]) => `${token},${name},${token},"${groups}"\n`,
    );
    writeFileSync(join(FOLDER, "tokens.csv"), rows.join(""));
    const server = new ApiServer();
    server.#etcd = run("etcd", [
      ...["--unsafe-no-fsync", "--data-dir", join(FOLDER, "etcd")],
      ...["--listen-client-urls", ETCD, "--advertise-client-urls", ETCD],
      ...["--listen-peer-urls", ETCD_PEER, "--initial-advertise-peer-urls", ETCD_PEER],
      ...["--initial-cluster", `default=${ETCD_PEER}`],
    ]);
    await server.resume();
    return server;
  }

  /** Starts the server again after {@link pause}, on what was stored, and returns when it is ready. */
  async resume(): Promise<void> {
    this.#server = run("kube-apiserver", [
      ...["--etcd-servers", ETCD, "--secure-port", `${PORT}`, "--bind-address", "127.0.0.1"],
      // Nobody is told of it, but without one the server looks for a route to the outside.
      ...["--advertise-address", "192.0.2.10"],
      ...["--cert-dir", join(FOLDER, "certs"), "--token-auth-file", join(FOLDER, "tokens.csv")],
      ...["--authorization-mode", "RBAC", "--service-account-issuer", "https://kubernetes"],
      ...["--service-account-key-file", join(FOLDER, "sa.pub")],
      ...["--service-account-signing-key-file", join(FOLDER, "sa.key")],
      ...["--service-cluster-ip-range", "10.96.0.0/16,fd00:96::/108"],
      ...["--endpoint-reconciler-type", "none", "--allow-privileged"],
      ...["--disable-admission-plugins", "ServiceAccount"],
      // A test that ends it does not wait for the watches of an agent.
      ...["--shutdown-send-retry-after=false", "--shutdown-watch-termination-grace-period", "0s"],
    ]);
    const startMs = performance.now();
    while (!(await this.#isReady())) {
      if (performance.now() - startMs > READY_MS_MAX || this.#server.exitCode !== null) {
        throw new Error(`kube-apiserver is not ready; its log:\n${this.logEnd()}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** Ends the server, by force: what is stored stays. */
  async pause(): Promise<void> {
    await end(this.#server);
    this.api.close();
  }

  /** Ends both. */
  async stop(): Promise<void> {
    await this.pause();
    await end(this.#etcd);
  }

  /** The path of a kubeconfig for `user`, which proves who the server is. */
  kubeconfig(user: ApiUser): string {
    const path = join(FOLDER, `${user}.kubeconfig`);
    this.writeKubeconfig(path, { token: user });
    return path;
  }

  /** Writes a kubeconfig with these credentials. */
  writeKubeconfig(path: string, user: object): void {
    const config = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [
        {
          name: "lab",
          cluster: {
            server: this.url,
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
    return readFileSync(join(FOLDER, "kube-apiserver.log"), "utf8").slice(-LOG_CHARACTERS_SHOWN);
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await this.api.ask("GET", "/readyz")).status === 200;
    } catch {
      // It does not listen yet, or has not written its certificate.
      this.api.close();
      return false;
    }
  }
}

function writeKeys(): void {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  writeFileSync(join(FOLDER, "sa.pub"), publicKey);
  writeFileSync(join(FOLDER, "sa.key"), privateKey);
}

function run(program: string, args: readonly string[]): ChildProcess {
  const log = openSync(join(FOLDER, `${program}.log`), "a");
  const child = spawn(join(PROGRAMS, program), args, { stdio: ["ignore", log, log] });
  closeSync(log);
  child.on("error", () => {}); // Seen as a server that is never ready.
  return child;
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}
