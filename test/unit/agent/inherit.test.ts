/** What the agent does about kube-proxy: when it may be taken over from, and what of it becomes ours. */
import { afterEach, expect, test } from "vitest";
import { Agent } from "../../../src/agent/agent.ts";
import type { AgentOptions } from "../../../src/agent/agent-options.ts";
import { type SocketKey, serviceId } from "../../../src/model/virtual-service.ts";
import { NO_OBSERVER, type PassReport } from "../../../src/observe/agent-observer.ts";
import { SURROUNDINGS } from "../../fakes/agent-surroundings.ts";
import { capturedLog, LEVEL } from "../../fakes/captured-log.ts";
import { FakeKernel } from "../../fakes/fake-kernel.ts";
import { FakeSource, picture } from "../../fakes/fake-source.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { destination, HTTP, NODE, SETTINGS, tcp } from "../plan/samples.ts";
import { AUDIT_PERIOD_MS, endpoints, PLAN_OPTIONS, shop } from "./node-under-test.ts";

const OWN = "192.0.2.7";
const STALE = tcp(OWN, 30_081);
const WANTED = tcp(OWN, 30_080);
const ALL = (): boolean => true;
const { service } = shop("web", 10, { type: "NodePort", ports: [{ ...HTTP, nodePort: 30_080 }] });
const ended: AbortController[] = [];

/** An agent on a node that has {@link OWN}, with these virtual services of others. */
function nodeWith(others: readonly SocketKey[], options: Partial<AgentOptions> = {}) {
  const kernel = new FakeKernel();
  const clock = new ManualClock();
  const source = new FakeSource();
  const end = new AbortController();
  ended.push(end);
  const { log, lines } = capturedLog();
  const passes: PassReport[] = [];
  const links = [OWN, "127.0.0.1"].map((address) => ({ address, link: "eth0" }));
  kernel.nodeAddresses.set(links);
  const held = [destination("10.1.0.9", 8080)];
  for (const key of others) kernel.addForeign({ key, settings: SETTINGS }, held);
  let verified = 0;
  const agent = new Agent({
    nodeName: NODE.name,
    source,
    kernel,
    clock,
    log,
    planOptions: PLAN_OPTIONS,
    auditPeriodMs: AUDIT_PERIOD_MS,
    onPass: () => undefined,
    ...SURROUNDINGS,
    observer: { ...NO_OBSERVER, passEnded: (report) => passes.push(report) },
    onVerified: () => {
      verified += 1;
    },
    ...options,
  });
  const running = agent.run(end.signal);
  const ids = (): string[] => kernel.table.services().map(({ key }) => serviceId(key));
  const see = async (complete = true): Promise<void> => {
    const told = picture([service], [endpoints("10.1.0.1")], { complete });
    source.tell({ kind: "replaced", picture: told });
    await clock.settle();
  };
  return { agent, kernel, clock, end, running, lines, passes, ids, see, verified: () => verified };
}

afterEach(() => {
  for (const end of ended.splice(0)) end.abort();
});

test("what kube-proxy made on an address of the node is removed, once it is told, and nothing else", async () => {
  const foreign = [tcp(OWN, 8_443), tcp("203.0.113.9", 30_081), tcp("127.0.0.1", 30_081)];
  const node = nodeWith([STALE, WANTED, ...foreign]);
  await node.see();
  const kept = [WANTED, ...foreign].map(serviceId);
  expect(node.ids()).toEqual(expect.arrayContaining([serviceId(STALE), ...kept]));
  const isTheirs = ({ port }: SocketKey): boolean => port === STALE.port || port === WANTED.port;
  const inherited = node.agent.inherit(isTheirs, node.end.signal);
  await node.clock.advance(200);
  expect(await inherited).toEqual([serviceId(STALE)]);
  expect(node.ids().sort()).toEqual([...kept, "tcp/10.96.0.10:80"].sort());
  node.kernel.addForeign({ key: STALE, settings: SETTINGS }, []);
  await node.clock.advance(3 * AUDIT_PERIOD_MS);
  expect(node.ids()).toContain(serviceId(STALE));
});

test("an excluded range is left alone", async () => {
  const node = nodeWith([STALE], { excludeRanges: ["192.0.2.0/24"] });
  await node.see();
  expect(await node.agent.inherit(ALL, node.end.signal)).toEqual([]);
  await node.clock.advance(AUDIT_PERIOD_MS);
  expect(node.ids()).toContain(serviceId(STALE));
});

test("it is over when the kernel has let go, however often it refuses, and waits for a whole picture", async () => {
  const node = nodeWith([STALE]);
  await node.see();
  let isOver = false;
  const inherited = node.agent.inherit(ALL, node.end.signal).then(() => {
    isOver = true;
  });
  node.kernel.refuse = ({ kind }) => (kind === "delete-service" ? "EBUSY" : undefined);
  await node.clock.advance(1_000);
  expect(isOver).toBe(false);
  node.kernel.refuse = () => undefined;
  await node.see(false);
  await node.clock.advance(120_000);
  expect(isOver).toBe(false);
  expect(node.ids()).toContain(serviceId(STALE));
  await node.see();
  await node.clock.advance(1_000);
  await inherited;
  expect(node.ids()).not.toContain(serviceId(STALE));
});

test("a pass that fails in the middle of it is repeated", async () => {
  const node = nodeWith([STALE]);
  await node.see();
  const inherited = node.agent.inherit(ALL, node.end.signal);
  let failures = 2;
  node.kernel.before = (call) => {
    if (call === "destinations" && failures-- > 0) throw new Error("socket broke");
  };
  await node.clock.advance(5_000);
  expect(await inherited).toEqual([serviceId(STALE)]);
  expect(node.ids()).not.toContain(serviceId(STALE));
});

test("one that is cut short by the end of the agent rejects", async () => {
  const node = nodeWith([STALE]);
  await node.see();
  node.kernel.refuse = () => "EBUSY";
  const inherited = node.agent.inherit(ALL, node.end.signal);
  const rejected = expect(inherited).rejects.toBe(await reasonAfter(node));
  await rejected;
});

async function reasonAfter({ clock, end }: ReturnType<typeof nodeWith>): Promise<unknown> {
  await clock.advance(100);
  end.abort();
  return end.signal.reason;
}

test("says once why the take-over waits: a refusal that stands", async () => {
  const node = nodeWith([]);
  node.kernel.refuse = ({ kind }) => (kind === "add-destination" ? "ENOMEM" : undefined);
  await node.see();
  await node.clock.advance(30_000);
  const said = node.lines.filter(({ msg }) => msg.includes("kube-proxy"));
  expect(said).toHaveLength(1);
  expect(said[0]).toMatchObject({ level: LEVEL.warn, total: 2 });
  expect(said[0]?.["refused"]).toContain(
    "add-destination tcp/10.96.0.10:80 10.1.0.1:8080 weight 1",
  );
  expect(said[0]?.msg).toContain("until the kernel takes what it refuses now");
  expect(node.verified()).toBe(0);
  node.kernel.refuse = () => undefined;
  await node.clock.advance(60_000);
  expect(node.verified()).toBe(1);
});

test("says once why the take-over waits: something cannot be read", async () => {
  const node = nodeWith([]);
  await node.see(false);
  await node.see(false);
  const said = node.lines.filter(({ msg }) => msg.includes("kube-proxy"));
  expect(said.map(({ msg }) => msg)).toEqual([
    "what kube-proxy may have left on this node stays until every object of the source can be read",
  ]);
});

test("a pass that fails is told with the time that it took", async () => {
  const node = nodeWith([]);
  await node.see();
  node.passes.length = 0;
  node.kernel.before = async () => {
    await node.clock.sleep(1_500);
    throw new Error("socket broke");
  };
  await node.clock.advance(AUDIT_PERIOD_MS + 2_000);
  expect(node.passes[0]).toEqual({ outcome: "failed", tookMs: 1_500, operations: [] });
});
