/** The API server of the lab as a cluster has it: `deploy/base` is applied, and the agent has its rights. */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { KubernetesObject } from "@kubernetes/client-node";
import { resourcePath } from "./api-paths.ts";
import { ApiServer } from "./api-server.ts";
import { shell } from "./shell.ts";

const KUBECTL = join("build", "lab", "kubernetes", "kubectl");
const FOLDER = "/run/agent";
const TOKEN = `${FOLDER}/token`;
const KUBECONFIG = `${FOLDER}/kubeconfig.yaml`;
const TOKEN_S = 3_600;

/** What becomes different. */
export interface ClusterChange {
  readonly put: readonly KubernetesObject[];
  readonly gone: readonly KubernetesObject[];
  /** Written when everything else is there. */
  readonly last: readonly KubernetesObject[];
}

/** A cluster of one server. */
export class ApiCluster {
  readonly server: ApiServer;
  /** What the agent needs on its command line to read from there. */
  readonly agentArguments: readonly string[] = ["--kubeconfig", KUBECONFIG];
  readonly #namespaces = new Set(["default", "kube-system"]);
  /** What was written last, as text by path: what is so already is not written again. */
  readonly #written = new Map<string, string>();

  private constructor(server: ApiServer) {
    this.server = server;
  }

  /** Starts the server and applies `deploy/base` as a user does. */
  static async open(): Promise<ApiCluster> {
    const server = await ApiServer.start();
    const cluster = new ApiCluster(server);
    await cluster.kubectl("apply", "--server-side", "--validate=strict", "-k", "deploy/base");
    await cluster.#writeKubeconfig();
    await cluster.rotateToken();
    return cluster;
  }

  /** What kubectl prints; rejects when it fails. */
  kubectl(...words: readonly string[]): Promise<string> {
    return shell(`${KUBECTL} --kubeconfig ${this.server.kubeconfig("admin")} ${words.join(" ")}`);
  }

  /** Runs commands as an administrator types them, and returns what they print; rejects when one fails. */
  asUser(commands: string): Promise<string> {
    const kubeconfig = this.server.kubeconfig("admin");
    return shell(
      `export KUBECONFIG=${kubeconfig} PATH="$PWD/${dirname(KUBECTL)}:$PATH"\n${commands}`,
    );
  }

  /** Gives the agent another token of its service account, in the file that it reads. */
  async rotateToken(): Promise<void> {
    const path = "/api/v1/namespaces/kube-system/serviceaccounts/kube-ipvs/token";
    const { status, body } = await this.server.api.ask("POST", path, {
      body: {
        apiVersion: "authentication.k8s.io/v1",
        kind: "TokenRequest",
        spec: { expirationSeconds: TOKEN_S },
      },
    });
    const { token } = (body as { status?: { token?: string } }).status ?? {};
    if (token === undefined) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    writeFileSync(TOKEN, `${token}\n`);
  }

  /** Another token than a good one. */
  spoilToken(): void {
    writeFileSync(TOKEN, "nobody-has-this-one\n");
  }

  /** Makes the objects so, in their order within each kind, and then takes those of `gone` away. */
  async write({ put, gone, last }: ClusterChange): Promise<void> {
    await this.#makeNamespaces([...put, ...last]);
    await Promise.all(byKind(put).map((objects) => this.#putAll(objects)));
    await Promise.all(gone.map((object) => this.#remove(object)));
    await this.#putAll(last);
  }

  /** In order, so that whoever watches the kind sees them so. */
  async #putAll(objects: readonly KubernetesObject[]): Promise<void> {
    for (const object of objects) {
      const [path, text] = [resourcePath(object), JSON.stringify(object)];
      if (this.#written.get(path) === text) continue;
      this.#written.delete(path);
      await this.server.api.put(object);
      this.#written.set(path, text);
    }
  }

  async #remove(object: KubernetesObject): Promise<void> {
    this.#written.delete(resourcePath(object));
    await this.server.api.remove(object);
  }

  async #makeNamespaces(objects: readonly KubernetesObject[]): Promise<void> {
    for (const { kind, metadata } of objects) {
      const name = metadata?.namespace ?? "default";
      if (kind === "Node" || this.#namespaces.has(name)) continue;
      await this.server.api.put({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
      this.#namespaces.add(name);
    }
  }

  /** The one of `deploy/base`, with what every user of it changes. */
  async #writeKubeconfig(): Promise<void> {
    await shell(`mkdir -p ${FOLDER}`);
    const mounted = "/var/run/secrets/kubernetes.io/serviceaccount";
    const text = readFileSync("deploy/base/kubeconfig.yaml", "utf8")
      .replace("https://control-plane.example:6443", this.server.url)
      .replace(`${mounted}/ca.crt`, this.server.authority)
      .replace(`${mounted}/token`, TOKEN);
    writeFileSync(KUBECONFIG, text);
  }
}

function byKind(objects: readonly KubernetesObject[]): KubernetesObject[][] {
  const kinds = new Map<string | undefined, KubernetesObject[]>();
  for (const object of objects) {
    kinds.set(object.kind, [...(kinds.get(object.kind) ?? []), object]);
  }
  return [...kinds.values()];
}
