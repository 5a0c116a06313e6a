/**
 * Reads a kubeconfig file, or what stands for one, into client-node's `KubeConfig`, and says what is wrong
 * with it. Adds what client-node leaves out of the format: `tokenFile`, and what exec plugins are told.
 */
import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { readYaml } from "../../base/yaml-document.ts";
import { ApiError } from "./api-error.ts";

/** Where the API server is. */
export interface ApiLocation {
  /** Path of a kubeconfig; undefined with an empty `master`: this pod's own service account. */
  readonly kubeconfig: string | undefined;
  /** URL that beats the server of the kubeconfig; "" leaves it. */
  readonly master: string;
}

type Json = Readonly<Record<string, unknown>>;

/** The configuration as it is now, with a server that is a URL. Throws an {@link ApiError} `CONFIG`. */
export function readKubeConfig({ kubeconfig, master }: ApiLocation): KubeConfig {
  const config = new KubeConfig();
  if (kubeconfig !== undefined) loadFile(config, kubeconfig);
  else if (master === "") config.loadFromCluster();
  else config.loadFromOptions(masterAlone(master));

  const where = kubeconfig ?? (master === "" ? POD : "--master");
  const cluster = config.getCurrentCluster();
  if (!cluster) {
    const current = config.currentContext || "none";
    const why = `its current context names no cluster (current-context: ${current})`;
    throw unusable(where, `${why}: set it to one of contexts whose cluster is one of clusters`);
  }
  const server = master === "" ? cluster.server : master;
  if (!/^https?:/.test(server) || !URL.canParse(server)) {
    const isNoPod = where === POD;
    const why = `server ${JSON.stringify(server)} is no URL such as https://192.0.2.1:6443`;
    throw unusable(where, isNoPod ? NO_POD : why);
  }
  // client-node refuses plain HTTP unless the certificate, which there is none of, is not checked.
  const skipTLSVerify = cluster.skipTLSVerify || server.startsWith("http:");
  config.clusters = config.clusters.map((one) =>
    one.name === cluster.name ? { ...one, server, skipTLSVerify } : one,
  );
  if (!config.getCurrentUser()) beNobody(config, where);
  return config;
}

const POD = "the service account of this pod";
const NO_POD = "this is no pod (KUBERNETES_SERVICE_HOST is not set): give --kubeconfig";

function unusable(where: string, why: string, cause?: unknown): ApiError {
  return new ApiError("CONFIG", `${where} is no usable kubeconfig: ${why}`, { cause });
}

function loadFile(config: KubeConfig, file: string): void {
  const { value, error } = readYaml(readText(file));
  if (error) throw unusable(file, `line ${error.line}: ${error.message}`);
  if (!isRecord(value)) {
    throw unusable(
      file,
      "expected clusters, users, contexts and current-context, found none of it",
    );
  }
  try {
    checkServers(asList(value["clusters"]));
    const users = asList(value["users"]).map((user) => wholeUser(user, dirname(file)));
    config.loadFromString(JSON.stringify({ ...value, users }));
    config.makePathsAbsolute(dirname(file));
  } catch (cause) {
    throw unusable(file, messageOf(cause), cause);
  }
}

/** client-node takes it for a text whatever it is. */
function checkServers(clusters: readonly unknown[]): void {
  clusters.forEach((entry, index) => {
    const cluster = isRecord(entry) ? entry["cluster"] : undefined;
    const server = isRecord(cluster) ? cluster["server"] : undefined;
    if (server === undefined || typeof server === "string") return;
    const found = JSON.stringify(server).slice(0, FOUND_TEXT_MAX);
    throw new Error(`clusters[${index}].cluster.server: expected a URL, found ${found}`);
  });
}

/** Characters of a found value that a message repeats. */
const FOUND_TEXT_MAX = 60;

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    const todo = "write it there, or name another one (--kubeconfig)";
    throw unusable(file, `${messageOf(cause)}: ${todo}`, cause);
  }
}

/** One of `users` in the words that client-node knows. */
function wholeUser(entry: unknown, folder: string): unknown {
  if (!isRecord(entry) || !isRecord(entry["user"])) return entry;
  const { tokenFile, token, exec, ...user } = entry["user"];
  const file = typeof tokenFile === "string" && tokenFile !== "" ? tokenFile : undefined;
  return {
    ...entry,
    user: {
      ...user,
      // The file beats the token that stands next to it, and is read again and again.
      ...(file !== undefined
        ? { "auth-provider": { name: "tokenFile", config: { tokenFile: absolute(folder, file) } } }
        : { token }),
      ...(isRecord(exec) && { exec: wholeExec(exec, folder) }),
    },
  };
}

/** An exec plugin learns from its environment which version of ExecCredential is asked for. */
function wholeExec(exec: Json, folder: string): Json {
  const { apiVersion, command, env } = exec;
  const isPath = typeof command === "string" && command.includes("/");
  const asked = { apiVersion, kind: "ExecCredential", spec: { interactive: false } };
  const name = "KUBERNETES_EXEC_INFO";
  return {
    ...exec,
    command: isPath ? absolute(folder, command) : command,
    env: [...asList(env), { name, value: JSON.stringify(asked) }],
  };
}

/** A context without a user is somebody all the same, or the certificates of the cluster are not read. */
function beNobody(config: KubeConfig, where: string): void {
  const context = config.getContextObject(config.currentContext);
  if (context?.user) throw unusable(where, `users has no ${JSON.stringify(context.user)}`);
  config.users = [...config.users, { name: NOBODY }];
  config.contexts = config.contexts.map((one) =>
    one.name === config.currentContext ? { ...one, user: NOBODY } : one,
  );
}

const NOBODY = "nobody";

function masterAlone(server: string) {
  return {
    clusters: [{ name: "master", server, skipTLSVerify: server.startsWith("http:") }],
    users: [{ name: NOBODY }],
    contexts: [{ name: "master", cluster: "master", user: NOBODY }],
    currentContext: "master",
  };
}

function absolute(folder: string, path: string): string {
  return isAbsolute(path) ? path : join(folder, path);
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isRecord(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
