/** `kube-ipvs run` from its start to its end, on a real folder, the real clock and the fake kernel. */
import { mkdir } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { EXIT_CODES } from "../../../src/cli/exit-codes.ts";
import { FakeApiServer } from "../../fakes/fake-api-server.ts";
import { ask, freePort } from "../observe/asking.ts";
import { Shell, webManifest } from "./shell.ts";

let shell: Shell;
beforeEach(async () => {
  shell = await Shell.open();
  await mkdir(shell.path("manifests"));
});
afterEach(() => shell.close());

const LINE =
  "run --manifests DIR/manifests --status-socket DIR/agent.sock --log-format json " +
  "--healthz-port 0 --metrics-port 0";

const ALL_PARTS = ["ipvs", "link", "filter", "conntrack", "nodeAddresses"];

test("keeps the kernel equal to the folder, answers status, and ends with 0 leaving all in place", async () => {
  await shell.write("manifests/web.yaml", webManifest());
  const ended = shell.run(LINE);
  await vi.waitFor(() => expect(shell.kernel.messages).toBe(4), 5_000);
  await shell.write("manifests/web.yaml", webManifest({ endpoints: ["10.1.0.1", "10.1.0.2"] }));
  await vi.waitFor(() => expect(shell.kernel.messages).toBe(5), 5_000);
  const status = await shell.run("status --status-socket DIR/agent.sock shop/web");
  expect(status.out).toContain("10.1.0.2:8080");
  shell.end.abort();
  expect(await ended).toEqual({ code: 0, out: "", err: "" });
  expect(shell.kernel.messages).toBe(5);
  const messages = (await shell.log()).map(({ msg }) => msg);
  expect(messages[0]).toBe("kube-ipvs starts");
  expect(messages).toContain("first sync finished");
  expect(messages.at(-1)).toBe("stopped; the virtual services and addresses stay as they are");
  expect([...shell.kernel.closed]).toEqual(ALL_PARTS);
});

test("a status socket that cannot be had is one sentence, and the kernel is let go", async () => {
  await shell.write("agent.sock", "somebody's file");
  const { code, err } = await shell.run(LINE);
  expect(code).toBe(EXIT_CODES.failed.code);
  expect(err).toContain("is no socket");
  expect(err.trimEnd().split("\n")).toHaveLength(1);
  expect([...shell.kernel.closed]).toEqual(ALL_PARTS);
});

const KUBECONFIG = `apiVersion: v1
kind: Config
clusters: [{ name: c, cluster: { server: "http://127.0.0.1:1" } }]
users: [{ name: u, user: {} }]
contexts: [{ name: x, context: { cluster: c, user: u } }]
current-context: x
`;

test.each([
  { source: "--manifests DIR/manifests", said: "first sync finished", status: 200 },
  // Nothing is asked for there, so it is healthy, and a rollout must not go on all the same.
  { source: "--kubeconfig DIR/nowhere.yaml", said: "ECONNREFUSED", status: 503 },
])("with $source a pod is alive, and /readyz answers $status", async (row) => {
  await shell.write("nowhere.yaml", KUBECONFIG);
  await shell.write("manifests/web.yaml", webManifest());
  const port = await freePort();
  const ended = shell.run(
    `run ${row.source} --status-socket DIR/agent.sock --log-format json --metrics-port 0 ` +
      `--healthz-bind-address 127.0.0.1:${port}`,
  );
  const said = async () => JSON.stringify(await shell.log());
  await vi.waitFor(async () => expect(await said()).toContain(row.said), 20_000);
  expect((await ask(port, "/readyz")).status).toBe(row.status);
  expect((await ask(port, "/livez")).status).toBe(200);
  shell.end.abort();
  expect((await ended).code).toBe(0);
});

describe("a kubeconfig that is missing or none at start", () => {
  const API = LINE.replace("--manifests DIR/manifests", "--kubeconfig DIR/kubeconfig");

  test.for([
    {
      what: "missing",
      text: undefined,
      says: /kubeconfig is no usable kubeconfig: ENOENT.*write it/,
    },
    { what: "none", text: "hello: world\n", says: /current context names no cluster/ },
  ])("is said and waited for when $what, with the data plane as it is", async ({ text, says }) => {
    if (text !== undefined) await shell.write("kubeconfig", text);
    const server = await FakeApiServer.start();
    const ended = shell.run(`${API} --node-name node-a`);
    const messages = async (): Promise<string[]> => (await shell.log()).map(({ msg }) => `${msg}`);
    await vi.waitFor(async () => {
      expect((await messages()).filter((msg) => says.test(msg))).toHaveLength(1);
    }, 5_000);
    expect(shell.kernel.messages).toBe(0);
    const cluster = [{ name: "here", cluster: { server: server.url } }];
    const contexts = [{ name: "here", context: { cluster: "here" } }];
    const good = { clusters: cluster, contexts, "current-context": "here" };
    await shell.write("kubeconfig", JSON.stringify(good));
    await vi.waitFor(async () => expect(await messages()).toContain("first sync finished"), 9_000);
    shell.end.abort();
    expect(await ended).toEqual({ code: 0, out: "", err: "" });
    await server.stop();
  });

  test("ends a command that answers once, at once", async () => {
    const { code, err } = await shell.run("plan --kubeconfig DIR/kubeconfig --node-name node-a");
    expect(code).not.toBe(0);
    expect(err).toMatch(/^kube-ipvs: \S+ is no usable kubeconfig: ENOENT/);
  });

  test("ends the process where two sources contradict each other", async () => {
    const { code, err } = await shell.run(`${API} --manifests DIR/manifests`);
    expect(code).toBe(EXIT_CODES.usage.code);
    expect(err).toContain("two sources are given");
  });
});
