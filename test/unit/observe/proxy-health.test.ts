/** When this proxy is healthy, and what probes are told, as kube-proxy's tests have it. */
import { beforeEach, expect, test } from "vitest";
import { ProxyHealth } from "../../../src/observe/proxy-health.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

const LATE_MS = 60_000;

let clock: ManualClock;
let health: ProxyHealth;
beforeEach(() => {
  clock = new ManualClock();
  health = new ProxyHealth({
    clock,
    families: ["ipv4", "ipv6"],
    lateMs: LATE_MS,
    eligibleWithoutNode: true,
  });
});

const statuses = () => [health.healthz().status, health.livez().status];

test("it is healthy before anything was asked for, and in a cluster where nothing changes", async () => {
  expect(statuses()).toEqual([200, 200]);
  health.updated();
  await clock.advance(10 * LATE_MS);
  expect(statuses()).toEqual([200, 200]);
});

test("a change that waits for too long makes it unhealthy until it is made", async () => {
  health.queued();
  await clock.advance(LATE_MS - 1);
  health.queued();
  expect(health.isHealthy()).toBe(true);
  await clock.advance(1);
  expect(statuses()).toEqual([503, 503]);
  health.begun();
  expect(statuses()).toEqual([503, 503]);
  health.updated();
  expect(statuses()).toEqual([200, 200]);
});

test("a pass that fails leaves what it began with late, however often it is repeated", async () => {
  health.queued();
  for (let i = 0; i < 3; i++) {
    health.begun();
    await clock.advance(LATE_MS / 3);
  }
  expect(health.isHealthy()).toBe(false);
});

test("what was asked for during a pass waits for the next one", async () => {
  health.begun();
  await clock.advance(1_000);
  health.queued();
  health.updated();
  await clock.advance(LATE_MS - 1);
  expect(health.isHealthy()).toBe(true);
  await clock.advance(1);
  expect(health.isHealthy()).toBe(false);
});

test("a pass that hangs makes it unhealthy, also if nothing was asked for", async () => {
  health.begun();
  await clock.advance(LATE_MS);
  expect(statuses()).toEqual([503, 503]);
});

test("it is ready when all of the first sync is made, and stays so, late or not", async () => {
  const ready = () => health.readyz().status;
  expect(ready()).toBe(503);
  health.queued();
  health.begun();
  expect([ready(), ...statuses()]).toEqual([503, 200, 200]);
  health.updated();
  expect(ready()).toBe(200);
  health.queued();
  await clock.advance(LATE_MS);
  expect([ready(), ...statuses()]).toEqual([200, 503, 503]);
  expect(health.readyz().body).toEqual(health.livez().body);
});

test("a node that goes takes no load, and its proxy lives on", () => {
  health.nodeSeen({ deleting: true, taints: [] });
  expect(statuses()).toEqual([503, 200]);
  health.nodeSeen({ deleting: false, taints: ["other", "ToBeDeletedByClusterAutoscaler"] });
  expect(statuses()).toEqual([503, 200]);
  health.nodeSeen({ deleting: false, taints: ["node.kubernetes.io/unschedulable"] });
  expect(statuses()).toEqual([200, 200]);
});

test("a node that is not known is eligible only where there need not be one", () => {
  const inCluster = new ProxyHealth({
    clock,
    families: ["ipv4"],
    lateMs: LATE_MS,
    eligibleWithoutNode: false,
  });
  expect([inCluster.healthz().status, inCluster.livez().status]).toEqual([503, 200]);
  inCluster.nodeSeen({ deleting: false, taints: [] });
  expect(inCluster.healthz().status).toBe(200);
  inCluster.nodeSeen(undefined);
  expect(inCluster.healthz().status).toBe(503);
});

test("a healthy body says that it was updated just now, and each family when it really was", async () => {
  await clock.advance(1_000);
  health.updated();
  await clock.advance(1_000);
  const now = "1970-01-01T00:00:02.000Z";
  const family = { lastUpdated: "1970-01-01T00:00:01.000Z", healthy: true };
  const body = {
    lastUpdated: now,
    currentTime: now,
    healthy: true,
    status: { IPv4: family, IPv6: family },
  };
  expect(health.healthz().body).toEqual({ ...body, nodeEligible: true });
  expect(health.livez().body).toEqual(body);
});

test("an unhealthy body says when it was updated last, if ever", async () => {
  health.queued();
  await clock.advance(LATE_MS);
  expect(health.livez().body).toMatchObject({
    lastUpdated: "0001-01-01T00:00:00Z",
    currentTime: "1970-01-01T00:01:00.000Z",
    healthy: false,
    status: { IPv4: { lastUpdated: "0001-01-01T00:00:00Z", healthy: false } },
  });
  health.begun();
  health.updated();
  health.queued();
  await clock.advance(LATE_MS);
  expect(health.livez().body["lastUpdated"]).toBe("1970-01-01T00:01:00.000Z");
});

test("a body names only the families that are served", () => {
  const single = new ProxyHealth({
    clock,
    families: ["ipv6"],
    lateMs: LATE_MS,
    eligibleWithoutNode: true,
  });
  expect(Object.keys(single.livez().body["status"] as object)).toEqual(["IPv6"]);
});
