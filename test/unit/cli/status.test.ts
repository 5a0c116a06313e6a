/** `kube-ipvs status`, with an agent that answers on a real socket and without one. */
import { afterEach, beforeEach, expect, test } from "vitest";
import { type AgentStatus, statusOf } from "../../../src/agent/status.ts";
import { EXIT_CODES } from "../../../src/cli/exit-codes.ts";
import { type StatusSocket, serveStatus } from "../../../src/observe/status-socket.ts";
import { FakeSource } from "../../fakes/fake-source.ts";
import { NO_CONNECTIONS } from "../../fakes/fake-table.ts";
import { endpoints, NodeUnderTest, shop } from "../agent/node-under-test.ts";
import { destination, NODE, SETTINGS, tcp } from "../plan/samples.ts";
import { Shell } from "./shell.ts";

const WEB = shop("web", 10, { annotations: { "kube-ipvs.io/scheduler": "mh" } });
const LINE = "status --status-socket DIR/agent.sock";

let shell: Shell;
let socket: StatusSocket | undefined;
beforeEach(async () => {
  shell = await Shell.open();
});
afterEach(async () => {
  await socket?.close();
  socket = undefined;
  await shell.close();
});

/** A node on the shell's kernel that has `shop/web`; it answers on the socket with `more` put in. */
async function serve(more: Partial<AgentStatus> = {}): Promise<NodeUnderTest> {
  const node = new NodeUnderTest(shell.kernel);
  node.see([WEB.service], [endpoints("10.1.0.1", "10.1.0.2")]);
  const last = await node.pass();
  const status = () => ({
    ...statusOf({
      nodeName: NODE.name,
      startedMs: 0,
      source: new FakeSource(),
      store: node.store,
      passes: node.passes,
      last,
      nowMs: node.clock.nowMs(),
    }),
    lastPass: { applied: 4, tookMs: 1.25 },
    ...more,
  });
  socket = await serveStatus(shell.path("agent.sock"), status);
  return node;
}

test("shows Services with schedulers and flags in the users' words, weights and connections", async () => {
  await serve();
  const one = { ...NO_CONNECTIONS, active: 3, inactive: 2 };
  shell.kernel.table.setConnections(tcp("10.96.0.10", 80), destination("10.1.0.1", 8080), one);
  const { code, out } = await shell.run(LINE);
  expect(code).toBe(0);
  expect(out).toBe(`Node     node-a
Agent    up since 1970-01-01T00:00:00.000Z; 1 pass, the last one wrote 4 changes and took 1.3 ms
Objects  all read

SERVICE   PORT  VIRTUAL SERVICE    SCHEDULER               WEIGHT  ACTIVE  INACTIVE  NOTE
shop/web  http  tcp/10.96.0.10:80  mh mh-fallback mh-port
                  10.1.0.1:8080                            1       3       2
                  10.1.0.2:8080                            1       0       0
`);
});

test("shows a drain with the time that is left, and what the kernel lacks or refused", async () => {
  const node = await serve({
    schedulers: { mh: "present", twos: "missing" },
    picture: "partial",
    failures: [
      {
        subject: "10.96.0.99",
        operation: "add-address 10.96.0.99",
        code: "ENOBUFS",
        message: "no buffer space",
        attempts: 2,
        retryInMs: 400,
      },
    ],
    problems: [{ file: "a.yaml", line: 3, object: "", field: "", message: "no YAML" }],
  });
  const one = { ...NO_CONNECTIONS, active: 1 };
  shell.kernel.table.setConnections(tcp("10.96.0.10", 80), destination("10.1.0.2", 8080), one);
  node.putSlice(endpoints("10.1.0.1"));
  await node.pass();
  const { out } = await shell.run(LINE);
  expect(out).toContain(
    "10.1.0.2:8080                            0       1       0         draining, removed in 30 s at the latest",
  );
  expect(out).toContain("Kernel   has no scheduler twos");
  expect(out).toContain("some cannot be read: nothing is removed");
  expect(out).toContain(
    "Refused by the kernel:\n  add-address 10.96.0.99\n      no buffer space; tried 2 times, again in 1 s",
  );
  expect(out).toContain("Problems of the source:\n  a.yaml:3: no YAML");
});

test("shows what is missing, what is bound to nothing and what others made", async () => {
  const node = await serve();
  const stray = tcp("192.0.2.1", 80);
  shell.kernel.addForeign({ key: stray, settings: SETTINGS }, []);
  shell.kernel.deleteLink();
  expect((await shell.run(LINE)).out).toMatch(
    /shop\/web .*address not on kube-ipvs0: it gets no traffic/,
  );
  shell.kernel.table.apply({ kind: "delete-service", key: tcp("10.96.0.10", 80) });
  const { out } = await shell.run(LINE);
  expect(out).toContain("Missing in the kernel:\n  shop/web  tcp/10.96.0.10:80");
  expect(out).toMatch(/\(no Service\) .*192\.0\.2\.1:80 .*made by others/);
  expect(node.passes.count).toBe(1);
});

test("one Service is shown alone", async () => {
  await serve();
  shell.kernel.addForeign({ key: tcp("192.0.2.1", 80), settings: SETTINGS }, []);
  const { code, out } = await shell.run(`${LINE} shop/web`);
  expect(code).toBe(0);
  expect(out).toContain("tcp/10.96.0.10:80");
  expect(out).not.toContain("192.0.2.1");
  const ipvsadm = await shell.run(`${LINE} shop/web -o ipvsadm`);
  expect(ipvsadm.out.split("\n")[0]).toBe("-A -t 10.96.0.10:80 -s mh -b mh-fallback,mh-port");
  expect(ipvsadm.out).not.toContain("192.0.2.1");
});

test("a Service that nobody knows is an error that names the nearest one", async () => {
  await serve();
  const { code, out, err } = await shell.run(`${LINE} shop/wbe`);
  expect(code).toBe(EXIT_CODES.failed.code);
  expect(out).toBe("");
  expect(err).toBe(
    "kube-ipvs: the agent knows no Service shop/wbe (did you mean shop/web?). It knows 1 Services.\n",
  );
});

test("a Service without a namespace is a mistake in the command", async () => {
  const { code, err } = await shell.run(`${LINE} web`);
  expect(code).toBe(EXIT_CODES.usage.code);
  expect(err).toBe('kube-ipvs: expected namespace/name, such as shop/web, found "web"\n');
});

test("without an agent the table is shown, and it says what is unknown", async () => {
  shell.kernel.addForeign({ key: tcp("10.96.0.10", 80), settings: SETTINGS }, []);
  const { code, out } = await shell.run(LINE);
  expect(code).toBe(0);
  expect(out).toContain("No agent answers: Service names, findings and drains are unknown.");
  expect(out).toMatch(/\(unknown\) .*tcp\/10\.96\.0\.10:80/);
  expect(out).not.toContain("made by others");
});

test("without an agent one Service is a clear error, not an empty list", async () => {
  const { code, out, err } = await shell.run(`${LINE} shop/web`);
  expect(code).toBe(EXIT_CODES.failed.code);
  expect(out).toBe("");
  expect(err).toContain(`no agent answers at ${shell.path("agent.sock")}`);
  expect(err).toContain("shop/web");
  expect(err).toContain("kube-ipvs run");
});

test("JSON has what the text has", async () => {
  await serve();
  const { out } = await shell.run(`${LINE} -o json`);
  expect(JSON.parse(out)).toMatchObject({
    agent: { node: "node-a", picture: "complete", passes: 1 },
    virtualServices: [
      {
        service: "shop/web",
        port: "http",
        id: "tcp/10.96.0.10:80",
        scheduler: "mh",
        flags: ["mh-fallback", "mh-port"],
        bound: true,
        connections: "0",
        destinations: [{ destination: "10.1.0.1:8080", weight: 1 }, { weight: 1 }],
      },
    ],
    missing: [],
    findings: [],
  });
});
