/** What becomes of what the agent tells: metrics, health, and Events that are few and right. */
import { beforeEach, expect, test } from "vitest";
import type { ClusterEvent } from "../../../src/model/cluster-event.ts";
import type { Finding } from "../../../src/model/finding.ts";
import { type AgentObserver, createAgentObserver } from "../../../src/observe/agent-observer.ts";
import {
  FindingEvents,
  STANDING_MAX,
  STANDING_OF_ONE_SERVICE_MAX,
  TELL_AGAIN_MS,
} from "../../../src/observe/finding-events.ts";
import { Metrics } from "../../../src/observe/metrics.ts";
import { ProxyHealth } from "../../../src/observe/proxy-health.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { rememberedEvents } from "./asking.ts";

const LATE_MS = 60_000;

let clock: ManualClock;
let told: ClusterEvent[];
let health: ProxyHealth;
let metrics: Metrics;
let findingEvents: FindingEvents;
let observer: AgentObserver;
beforeEach(() => {
  clock = new ManualClock();
  const remembered = rememberedEvents();
  told = remembered.told;
  health = new ProxyHealth({
    clock,
    families: ["ipv4"],
    lateMs: LATE_MS,
    eligibleWithoutNode: true,
  });
  metrics = new Metrics({ families: ["ipv4"], build: { version: "1", node: "2", kernel: "3" } });
  findingEvents = new FindingEvents(remembered.events, clock);
  observer = createAgentObserver({ metrics, health, findingEvents, clock });
});

const FINDING: Finding = {
  severity: "warning",
  reason: "bad-scheduler",
  service: "shop/web",
  field: "metadata.annotations[kube-ipvs.io/scheduler]",
  message: "rrr is no scheduler. rr is in force.",
};

async function value(name: string): Promise<string | undefined> {
  const none = { ipv4: 0, ipv6: 0 };
  const { body } = await metrics.page({
    held: {
      virtualServices: none,
      destinations: none,
      addresses: none,
      filterObjects: none,
      services: 0,
      drains: 0,
      refusals: 0,
      sourceProblems: 0,
      isPictureComplete: true,
    },
    noLocalEndpoints: [],
  });
  return body
    .split("\n")
    .find((line) => line.startsWith(`${name} `))
    ?.slice(name.length + 1);
}

test("a finding becomes a Warning that names the field at fault", () => {
  observer.findingAppeared(FINDING);
  expect(told).toEqual([
    {
      regarding: { kind: "Service", name: "shop/web" },
      type: "Warning",
      reason: "BadScheduler",
      action: "ProgramService",
      note: "metadata.annotations[kube-ipvs.io/scheduler]: rrr is no scheduler. rr is in force.",
    },
  ]);
});

test("one that is mended becomes a Normal event, and a deleted Service none", () => {
  observer.findingAppeared(FINDING);
  observer.findingGone(FINDING, "mended");
  observer.findingAppeared({ ...FINDING, reason: "conflict", field: "" });
  observer.findingGone({ ...FINDING, reason: "conflict", field: "" }, "service-deleted");
  expect(told.map(({ type, reason }) => `${type} ${reason}`)).toEqual([
    "Warning BadScheduler",
    "Normal BadSchedulerResolved",
    "Warning Conflict",
  ]);
  expect(told[1]?.note).toMatch(/^No longer so: metadata.*in force\.$/);
});

test("what is only worth a look is no Event", () => {
  const info: Finding = { ...FINDING, severity: "info", reason: "no-endpoints" };
  observer.findingAppeared(info);
  observer.findingGone(info, "mended");
  expect(told).toEqual([]);
});

test("a warning that stands is told again every half hour, and one that is gone is not", async () => {
  const stop = new AbortController();
  const running = findingEvents.run(stop.signal);
  observer.findingAppeared(FINDING);
  observer.findingAppeared({ ...FINDING, service: "shop/other" });
  observer.findingGone({ ...FINDING, service: "shop/other" }, "service-deleted");
  told.length = 0;
  await clock.advance(2 * TELL_AGAIN_MS);
  expect(told.map(({ regarding }) => regarding.name)).toEqual(["shop/web", "shop/web"]);
  stop.abort();
  await running;
  await clock.advance(TELL_AGAIN_MS);
  expect(told).toHaveLength(2);
});

test("only so many warnings are told again", async () => {
  const stop = new AbortController();
  const running = findingEvents.run(stop.signal);
  for (let i = 0; i < STANDING_MAX + 5; i++) {
    observer.findingAppeared({ ...FINDING, service: `shop/s${i}` });
  }
  expect(told).toHaveLength(STANDING_MAX + 5);
  await clock.advance(TELL_AGAIN_MS);
  expect(told).toHaveLength(2 * STANDING_MAX + 5);
  stop.abort();
  await running;
});

test("one Service with very many warnings leaves room for those of the others", async () => {
  const stop = new AbortController();
  const running = findingEvents.run(stop.signal);
  const ofOne = Array.from({ length: STANDING_MAX }, (_, port) => ({
    ...FINDING,
    message: `port ${port}`,
  }));
  for (const finding of ofOne) observer.findingAppeared(finding);
  observer.findingAppeared({ ...FINDING, service: "shop/other" });
  told.length = 0;
  await clock.advance(TELL_AGAIN_MS);
  expect(told.map(({ regarding }) => regarding.name)).toEqual([
    ...Array(STANDING_OF_ONE_SERVICE_MAX).fill("shop/web"),
    "shop/other",
  ]);
  // What is gone makes room for what comes.
  for (const finding of ofOne) observer.findingGone(finding, "service-deleted");
  observer.findingAppeared(FINDING);
  told.length = 0;
  await clock.advance(TELL_AGAIN_MS);
  expect(told.map(({ regarding }) => regarding.name)).toEqual(["shop/other", "shop/web"]);
  stop.abort();
  await running;
});

test("findings are counted while they stand", async () => {
  const name = 'kube_ipvs_findings{reason="bad-scheduler",severity="warning"}';
  observer.findingAppeared(FINDING);
  expect(await value(name)).toBe("1");
  observer.findingGone(FINDING, "mended");
  expect(await value(name)).toBe("0");
});

test("a pass that ends, also with refusals of single Services, makes the proxy healthy", async () => {
  observer.passQueued();
  await clock.advance(LATE_MS);
  observer.passBegun();
  expect(health.isHealthy()).toBe(false);
  observer.passEnded({ outcome: "partly", tookMs: 5, operations: [] });
  expect(health.isHealthy()).toBe(true);
  expect(
    await value('kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds{ip_family="IPv4"}'),
  ).toBe("0");
  expect(await value('kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family="IPv4"}')).toBe(
    "60",
  );
});

test("a pass that fails as a whole is counted, and changes neither health nor the time of the last one", async () => {
  observer.passBegun();
  await clock.advance(LATE_MS);
  observer.passEnded({ outcome: "failed", tookMs: LATE_MS, operations: [] });
  expect(health.isHealthy()).toBe(false);
  expect(await value('kube_ipvs_passes_total{result="failed"}')).toBe("1");
  expect(
    await value('kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family="IPv4"}'),
  ).toBeUndefined();
  expect(await value('kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family="IPv4"}')).toBe(
    "1",
  );
});

test("the proxy is ready when a pass has ended, and not while they fail as a whole", () => {
  observer.passQueued();
  observer.passBegun();
  observer.passEnded({ outcome: "failed", tookMs: 1, operations: [] });
  expect(health.readyz().status).toBe(503);
  observer.passBegun();
  observer.passEnded({ outcome: "partly", tookMs: 1, operations: [] });
  expect(health.readyz().status).toBe(200);
});

test("a packet filter that was refused counts where kube-proxy counts its own", async () => {
  const name = 'kubeproxy_sync_proxy_rules_iptables_restore_failures_total{ip_family="IPv4"}';
  observer.passEnded({
    outcome: "partly",
    tookMs: 1,
    operations: [
      { kind: "add-service", result: "refused", count: 1 },
      { kind: "add-filter", result: "refused", count: 0 },
    ],
  });
  expect(await value(name)).toBe("0");
  observer.passEnded({
    outcome: "partly",
    tookMs: 1,
    operations: [{ kind: "delete-filter", result: "refused", count: 3 }],
  });
  expect(await value(name)).toBe("1");
});

test("changes, latencies, drift, flows and the node come where they belong", async () => {
  observer.changed({ services: 1, slices: 2 });
  observer.programmed("ipv4", 1_500);
  observer.drifted("virtual-service", 3);
  observer.flowsForgotten("ipv4", 2, 5);
  observer.nodeSeen({ deleting: true, taints: [] });
  expect(await value("kubeproxy_sync_proxy_rules_endpoint_changes_total")).toBe("2");
  expect(await value('kubeproxy_network_programming_duration_seconds_sum{ip_family="IPv4"}')).toBe(
    "1.5",
  );
  expect(await value('kube_ipvs_drift_repaired_total{kind="virtual-service"}')).toBe("3");
  expect(
    await value('kubeproxy_conntrack_reconciler_deleted_entries_total{ip_family="IPv4"}'),
  ).toBe("5");
  expect(health.healthz().status).toBe(503);
});
