/** What is read of a kubeconfig, and what is said of one that is none. */
import { describe, expect, test, vi } from "vitest";
import { readKubeConfig } from "../../../../src/kube/api/kubeconfig.ts";
import { KubeconfigFolder } from "./kubeconfig-folder.ts";

const SERVER = "https://192.0.2.1:6443";

/** The cluster that is read from a file and a `--master`. */
function clusterOf(kubeconfig: string | undefined, master = "") {
  return readKubeConfig({ kubeconfig, master }).getCurrentCluster();
}

describe("the server is", () => {
  test("that of the current context", (context) => {
    const folder = new KubeconfigFolder(context);
    expect(clusterOf(folder.kubeconfig({ server: SERVER }))).toMatchObject({ server: SERVER });
  });

  test("that of YAML, with comments and anchors", (context) => {
    const folder = new KubeconfigFolder(context);
    const text = `# by hand
current-context: here
contexts: [{name: here, context: &context {cluster: lab, user: agent}}, {name: b, context: *context}]
clusters:
- name: lab
  cluster: {server: "${SERVER}/"}   # with a path
users:
- name: agent
  user: {token: abc}
`;
    expect(clusterOf(folder.write("kubeconfig", text))).toMatchObject({ server: SERVER });
  });

  test("--master, where it is given, with the credentials of the file", (context) => {
    const folder = new KubeconfigFolder(context);
    const file = folder.kubeconfig({ server: SERVER, user: { token: "abc" } });
    const config = readKubeConfig({ kubeconfig: file, master: "https://192.0.2.9" });
    expect(config.getCurrentCluster()).toMatchObject({ server: "https://192.0.2.9" });
    expect(config.getCurrentUser()).toMatchObject({ token: "abc" });
  });

  test("--master alone, with nobody's credentials", () => {
    expect(clusterOf(undefined, "http://127.0.0.1:8080")).toMatchObject({
      server: "http://127.0.0.1:8080",
    });
  });

  test.for([
    { host: "192.0.2.7", server: "https://192.0.2.7:443" },
    { host: "2001:db8::7", server: "https://[2001:db8::7]:443" },
  ])("that of the pod's environment: $host", ({ host, server }, { onTestFinished }) => {
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv("KUBERNETES_SERVICE_HOST", host);
    vi.stubEnv("KUBERNETES_SERVICE_PORT", "443");
    expect(clusterOf(undefined)).toMatchObject({ server });
  });
});

test("files are relative to the kubeconfig that names them", (context) => {
  const folder = new KubeconfigFolder(context);
  const user = { "client-certificate": "me.crt", "client-key": "keys/me.key", tokenFile: "token" };
  const cluster = { "certificate-authority": "ca.crt" };
  const kubeconfig = folder.kubeconfig({ server: SERVER, user, cluster });
  const config = readKubeConfig({ kubeconfig, master: "" });
  expect(config.getCurrentCluster()?.caFile).toBe(folder.at("ca.crt"));
  expect(config.getCurrentUser()).toMatchObject({
    certFile: folder.at("me.crt"),
    keyFile: folder.at("keys/me.key"),
    authProvider: { config: { tokenFile: folder.at("token") } },
  });
});

test("a context without a user is one of nobody", (context) => {
  const folder = new KubeconfigFolder(context);
  const file = folder.write(
    "kubeconfig",
    `{current-context: a, contexts: [{name: a, context: {cluster: a}}], clusters: [{name: a, cluster: {server: "${SERVER}"}}]}`,
  );
  const config = readKubeConfig({ kubeconfig: file, master: "" });
  expect(config.getCurrentUser()).toEqual({ name: "nobody" });
});

describe("it says what is wrong, where, and what to do, of", () => {
  const contexts = "contexts: [{name: a, context: {cluster: b, user: c}}]";
  const clusters = `clusters: [{name: b, cluster: {server: "${SERVER}"}}]`;

  test.for([
    { what: "broken YAML", text: "apiVersion: v1\nclusters: [\n", says: "line 2: " },
    { what: "an empty file", text: "", says: "expected clusters, users, contexts" },
    { what: "another document", text: "- a\n- b\n", says: "expected clusters, users, contexts" },
    {
      what: "no current context",
      text: `${contexts}\n${clusters}`,
      says: "current-context: none): set it to one of contexts whose cluster is one of clusters",
    },
    {
      what: "a context that is not there",
      text: `current-context: z\n${contexts}\n${clusters}`,
      says: "(current-context: z): set it to one of contexts",
    },
    {
      what: "a cluster that is not there",
      text: `current-context: a\n${contexts}`,
      says: "its current context names no cluster (current-context: a)",
    },
    {
      what: "a user that is not there",
      text: `current-context: a\n${contexts}\n${clusters}`,
      says: 'users has no "c"',
    },
    {
      what: "a cluster without a server",
      text: `current-context: a\n${contexts}\nclusters: [{name: b, cluster: {}}]`,
      says: "clusters[0].cluster.server is missing",
    },
    {
      what: "a server that is a number",
      text: `current-context: a\n${contexts}\nclusters: [{name: b, cluster: {server: 6443}}]`,
      says: "clusters[0].cluster.server: expected a URL, found 6443",
    },
    {
      what: "a server that is no URL",
      text: `current-context: a\n${contexts}\nclusters: [{name: b, cluster: {server: "api:6443"}}]`,
      says: 'server "api:6443" is no URL such as https://192.0.2.1:6443',
    },
  ])("$what", ({ text, says }, context) => {
    const folder = new KubeconfigFolder(context);
    const file = folder.write("kubeconfig", text);
    expect(() => clusterOf(file)).toThrow(`${file} is no usable kubeconfig: `);
    expect(() => clusterOf(file)).toThrow(says);
    expect(() => clusterOf(file)).toThrow(expect.objectContaining({ code: "CONFIG" }));
  });

  test("a file that is not there", (context) => {
    const file = new KubeconfigFolder(context).at("gone");
    expect(() => clusterOf(file)).toThrow(`${file} is no usable kubeconfig: ENOENT`);
  });

  test("a --master that is no URL", () => {
    expect(() => clusterOf(undefined, "192.0.2.1:6443")).toThrow(
      '--master is no usable kubeconfig: server "192.0.2.1:6443" is no URL',
    );
  });

  test("no kubeconfig where there is no pod", ({ onTestFinished }) => {
    onTestFinished(() => void vi.unstubAllEnvs());
    vi.stubEnv("KUBERNETES_SERVICE_HOST", undefined);
    expect(() => clusterOf(undefined)).toThrow(
      "this is no pod (KUBERNETES_SERVICE_HOST is not set): give --kubeconfig",
    );
  });
});
