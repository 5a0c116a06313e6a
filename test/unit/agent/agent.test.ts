/** The agent's loops: when passes happen, what is said, and how it ends. */
import { setImmediate } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { Agent } from "../../../src/agent/agent.ts";
import { type ClusterSource, PLAIN } from "../../../src/kube/change.ts";
import { SURROUNDINGS } from "../../fakes/agent-surroundings.ts";
import { capturedLog, LEVEL } from "../../fakes/captured-log.ts";
import { FakeKernel } from "../../fakes/fake-kernel.ts";
import { FakeSource, picture } from "../../fakes/fake-source.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { NODE } from "../plan/samples.ts";
import { AUDIT_PERIOD_MS, endpoints, PLAN_OPTIONS, shop } from "./node-under-test.ts";

const WEB = shop("web", 10);
const running: Running[] = [];

/** An agent that runs until the test is over. */
class Running {
  readonly kernel = new FakeKernel();
  readonly clock = new ManualClock();
  readonly source = new FakeSource();
  readonly end = new AbortController();
  readonly lines;
  readonly agent: Agent;
  readonly ended: Promise<void>;
  /** How often the agent said that all is in force. */
  verified = 0;
  /** What was bound when it said so first. */
  bound: readonly string[] = [];

  constructor(source?: ClusterSource) {
    const { log, lines } = capturedLog();
    this.lines = lines;
    this.agent = new Agent({
      nodeName: NODE.name,
      source: source ?? this.source,
      kernel: this.kernel,
      clock: this.clock,
      log,
      planOptions: PLAN_OPTIONS,
      auditPeriodMs: AUDIT_PERIOD_MS,
      onPass: () => undefined,
      ...SURROUNDINGS,
      onVerified: () => {
        if (this.verified === 0)
          this.bound = [...(this.kernel.serviceLink?.addresses ?? [])].sort();
        this.verified += 1;
      },
    });
    this.ended = this.agent.run(this.end.signal);
    // A test that expects a rejection awaits it itself.
    this.ended.catch(() => {});
    running.push(this);
  }

  /** Tells of `shop/web` with these endpoints, and lets the first pass happen. */
  async begin(...addresses: readonly string[]): Promise<this> {
    const told = picture([WEB.service], [endpoints(...addresses)]);
    this.source.tell({ kind: "replaced", picture: told });
    await this.clock.settle();
    return this;
  }

  messages(level: number): string[] {
    return this.lines.filter((line) => line.level >= level).map(({ msg }) => msg);
  }
}

afterEach(async () => {
  for (const one of running.splice(0)) {
    one.end.abort();
    await one.ended.catch(() => {});
  }
});

test("says once that the first sync is finished, with what it found and did", async () => {
  const { lines, agent } = await new Running().begin("10.1.0.1");
  expect(lines.map(({ msg }) => msg)).toEqual(["first sync finished"]);
  expect(lines[0]).toMatchObject({ planned: 1, applied: 4, refused: 0, found: { services: 0 } });
  expect(agent.status()).toMatchObject({
    picture: "complete",
    passes: 1,
    lastPass: { applied: 4 },
  });
});

test("a burst of changes is two passes at most, and ends with the last word", async () => {
  const node = await new Running().begin("10.1.0.1");
  for (let host = 2; host < 50; host++) {
    const value = endpoints(`10.1.0.${host}`);
    node.source.tell({ kind: "slice", name: value.name, value });
  }
  await node.clock.advance(50);
  expect(node.agent.status().passes).toBeLessThanOrEqual(3);
  const rows = [...node.kernel.table.entries().values()].flatMap(({ destinations }) =>
    [...destinations.values()].filter(({ weight }) => weight > 0).map(({ address }) => address),
  );
  expect(rows).toEqual(["10.1.0.49"]);
});

test("asks for a pass by itself when a retry, a drain or the audit is due", async () => {
  const node = new Running();
  node.kernel.refuse = ({ kind }) => (kind === "add-service" ? "ENOMEM" : undefined);
  await node.begin("10.1.0.1");
  expect(node.agent.status().failures).toMatchObject([{ attempts: 1, retryInMs: 200 }]);
  node.kernel.refuse = () => undefined;
  await node.clock.advance(200);
  expect(node.agent.status().failures).toEqual([]);
  expect([...(node.kernel.serviceLink?.addresses ?? [])]).toEqual(["10.96.0.10"]);
  const value = { ...endpoints("10.1.0.2"), name: "shop/web-1" };
  node.source.tell({ kind: "slice", name: value.name, value });
  await node.clock.advance(1_100);
  expect(node.agent.status().draining).toEqual([]);
  node.kernel.deleteLink();
  await node.clock.advance(AUDIT_PERIOD_MS);
  expect([...(node.kernel.serviceLink?.addresses ?? [])]).toEqual(["10.96.0.10"]);
});

test("a kernel that fails as a whole is tried again ever more slowly", async () => {
  const node = await new Running().begin("10.1.0.1");
  node.kernel.before = () => {
    throw new Error("socket broke");
  };
  await node.clock.advance(AUDIT_PERIOD_MS);
  node.lines.length = 0;
  await node.clock.advance(120_000);
  const tries = node.lines.filter(({ level }) => level === LEVEL.error).length;
  expect(tries).toBeGreaterThan(3);
  expect(tries).toBeLessThan(15);
  node.kernel.before = () => {};
  node.lines.length = 0;
  await node.clock.advance(30_000);
  expect(node.messages(LEVEL.warn)).toEqual([]);
});

test("an idle agent makes no calls but those of the audit", async () => {
  const node = await new Running().begin("10.1.0.1");
  node.kernel.calls.clear();
  await node.clock.advance(10 * AUDIT_PERIOD_MS);
  expect(Object.fromEntries(node.kernel.calls)).toEqual({
    addresses: 10,
    nodeAddresses: 10,
    services: 10,
    destinations: 10,
  });
});

test("says once that all is in force: after a complete picture, and not while a refusal stands", async () => {
  const node = new Running();
  node.kernel.refuse = ({ kind }) => (kind === "add-service" ? "ENOMEM" : undefined);
  const services = [WEB.service];
  const slices = [endpoints("10.1.0.1")];
  node.source.tell({ kind: "replaced", picture: picture(services, slices, { complete: false }) });
  await node.clock.settle();
  node.kernel.refuse = () => undefined;
  await node.clock.advance(1_000);
  expect(node.kernel.table.entries().size).toBe(1);
  expect(node.verified).toBe(0);
  node.kernel.refuse = ({ kind }) => (kind === "add-destination" ? "ENOMEM" : undefined);
  const more = [endpoints("10.1.0.1", "10.1.0.2")];
  node.source.tell({ kind: "replaced", picture: picture(services, more) });
  await node.clock.advance(100);
  expect(node.verified).toBe(0);
  node.kernel.refuse = () => undefined;
  await node.clock.advance(1_000);
  expect(node.verified).toBe(1);
  node.source.tell({ kind: "replaced", picture: picture(services, slices) });
  await node.clock.advance(120_000);
  expect(node.verified).toBe(1);
});

test("does not say so while plans still leave external addresses out, though the other nodes are listed by then", async () => {
  const node = new Running();
  const { service: web } = shop("web", 10, { loadBalancerAddresses: ["203.0.113.1"] });
  const circumstances = { ...PLAIN, awaitsPeers: true };
  const { link } = node.kernel;
  const ensure = link.ensure.bind(link);
  link.ensure = async () => {
    link.ensure = ensure;
    node.source.tell({ kind: "circumstances", value: PLAIN });
    await setImmediate();
    return ensure();
  };
  const told = picture([web], [endpoints("10.1.0.1")], { circumstances });
  node.source.tell({ kind: "replaced", picture: told });
  for (let times = 0; node.verified === 0 && times < 20; times++) {
    await setImmediate();
    await node.clock.advance(100);
  }
  expect(node.verified).toBe(1);
  expect(node.bound).toEqual(["10.96.0.10", "203.0.113.1"]);
});

test("says a finding once when it appears and once when it is gone", async () => {
  const node = await new Running().begin("10.1.0.1");
  const bad = { ...WEB.service, annotations: { "kube-ipvs.io/scheduler": "leastcon" } };
  node.source.tell({ kind: "service", name: bad.name, value: bad });
  await node.clock.advance(20);
  node.source.tell({ kind: "service", name: bad.name, value: { ...bad, createdMs: 1 } });
  await node.clock.advance(20);
  expect(node.messages(LEVEL.warn)).toHaveLength(1);
  expect(node.messages(LEVEL.warn)[0]).toContain('"leastcon" is no scheduler');
  node.source.tell({ kind: "service", name: bad.name, value: WEB.service });
  await node.clock.advance(20);
  expect(node.messages(LEVEL.info)).toContain("no longer so: a finding is gone");
});

test("says that a Service lost its address to an older one that came later", async () => {
  const node = await new Running().begin("10.1.0.1");
  const older = { ...WEB.service, name: "shop/older", createdMs: 1 };
  node.source.tell({ kind: "service", name: older.name, value: older });
  await node.clock.advance(20);
  expect(node.messages(LEVEL.warn)).toHaveLength(1);
  expect(node.messages(LEVEL.warn)[0]).toContain("is held by the Service shop/older");
});

test("ends when it is told to, after the pass it is in, and leaves the kernel as it is", async () => {
  const node = await new Running().begin("10.1.0.1");
  const value = endpoints("10.1.0.1", "10.1.0.2");
  node.kernel.before = () => node.clock.sleep(500);
  node.source.tell({ kind: "slice", name: value.name, value });
  await node.clock.advance(20);
  node.end.abort();
  await node.clock.advance(500);
  await node.ended;
  const [row] = node.kernel.table.entries().values();
  expect(row?.destinations.size).toBe(2);
  await node.clock.advance(120_000);
  expect(node.kernel.messages).toBe(5);
});

test("ends with the error of a source that fails, and does not hang", async () => {
  const broken: ClusterSource = {
    // biome-ignore lint/correctness/useYield: it fails before it tells anything
    async *changes() {
      throw new Error("the source broke");
    },
    problems: () => [],
  };
  await expect(new Running(broken).ended).rejects.toThrow("the source broke");
});

test("ends at once when it is told to before it began", async () => {
  const node = new Running();
  node.end.abort();
  await node.ended;
  expect(node.kernel.calls.size).toBe(0);
});
