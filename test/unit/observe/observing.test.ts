/** Everything that is shown, together: what the agent tells is seen from outside. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { EventOutcome } from "../../../src/model/cluster-event.ts";
import { Observing, type ServingOptions } from "../../../src/observe/observing.ts";
import { capturedLog } from "../../fakes/captured-log.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { ask, freePort, leave, occupy, until } from "./asking.ts";

const LOOPBACK = { host: "127.0.0.1", port: 0 };
const NONE = { ipv4: 0, ipv6: 0 };

let clock: ManualClock;
let tell: (outcome: EventOutcome) => void;
let observing: Observing;
beforeEach(() => {
  clock = new ManualClock();
  observing = new Observing({
    nodeName: "node-1",
    families: ["ipv4"],
    lateMs: 60_000,
    eligibleWithoutNode: false,
    build: { version: "1", node: "2", kernel: "3" },
    clock,
    log: capturedLog().log,
    recorder: (onOutcome) => {
      tell = onOutcome;
      return { record: () => {} };
    },
  });
});
afterEach(() => observing.close());

function serve(change: Partial<ServingOptions> = {}): Promise<void> {
  return observing.serve({
    metrics: LOOPBACK,
    healthz: LOOPBACK,
    hardFail: false,
    counts: () => ({
      held: {
        virtualServices: { ipv4: 3, ipv6: 0 },
        destinations: NONE,
        addresses: NONE,
        filterObjects: NONE,
        services: 0,
        drains: 0,
        refusals: 0,
        sourceProblems: 0,
        isPictureComplete: true,
      },
      noLocalEndpoints: [],
    }),
    config: { nodeName: "node-1" },
    ...change,
  });
}

test("what the agent tells is seen on both servers", async () => {
  await serve();
  const [metrics = 0, health = 0] = observing.ports();
  expect((await ask(health, "/healthz")).status).toBe(503);
  observing.observer.nodeSeen({ deleting: false, taints: [] });
  expect((await ask(health, "/healthz")).status).toBe(200);
  observing.observer.passEnded({ outcome: "succeeded", tookMs: 1, operations: [] });
  tell("created");
  const { body } = await ask(metrics, "/metrics");
  expect(body).toContain('kube_ipvs_virtual_services{family="ipv4"} 3\n');
  expect(body).toContain('kube_ipvs_passes_total{result="succeeded"} 1\n');
  expect(body).toContain('kube_ipvs_events_total{result="created"} 1\n');
  expect(body).toContain('kubeproxy_proxy_healthz_total{code="200"} 1\n');
  expect(body).toContain('kubeproxy_proxy_healthz_total{code="503"} 1\n');
  await ask(metrics, "/healthz");
  expect((await ask(metrics, "/metrics/slis")).body).toContain("kubernetes_healthcheck{");
});

test("a proxy that is late is told to load balancers on health check ports too", async () => {
  const port = await freePort();
  observing.healthCheckPorts.set("shop/web", { port, localEndpoints: 1, createdMs: 0 });
  const status = () =>
    ask(port, "/").then(
      ({ status }) => status,
      () => 0,
    );
  // The node is not eligible, which is nothing to these ports.
  await until(async () => (await status()) === 200);
  observing.observer.passQueued();
  await clock.advance(60_000);
  expect(await status()).toBe(503);
});

test("a server that was not asked for is not there", async () => {
  await serve({ metrics: undefined });
  expect(observing.ports()).toHaveLength(1);
});

test("after its end nothing listens any more", async () => {
  await serve();
  const ports = observing.ports();
  await observing.close();
  for (const port of ports) await expect(ask(port, "/")).rejects.toThrow("ECONNREFUSED");
});

test("a port that must be had and is taken rejects", async () => {
  const other = await occupy();
  const healthz = { host: "::", port: other.port };
  await expect(serve({ healthz, hardFail: true })).rejects.toMatchObject({ code: "EADDRINUSE" });
  await leave(other.server);
});
