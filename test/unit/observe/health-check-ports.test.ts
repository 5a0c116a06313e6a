/** Health check node ports over real sockets. */
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ClusterEvent } from "../../../src/model/cluster-event.ts";
import { HealthCheckPorts } from "../../../src/observe/health-check-ports.ts";
import { LISTEN_RETRY_MS } from "../../../src/observe/listener.ts";
import { capturedLog } from "../../fakes/captured-log.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { ask, freePort, leave, occupy, rememberedEvents, until } from "./asking.ts";

let clock: ManualClock;
let healthy: boolean;
let told: ClusterEvent[];
let ports: HealthCheckPorts;
beforeEach(() => {
  clock = new ManualClock();
  healthy = true;
  const remembered = rememberedEvents();
  told = remembered.told;
  ports = new HealthCheckPorts({
    isProxyHealthy: () => healthy,
    clock,
    log: capturedLog().log,
    events: remembered.events,
    nodeName: "node-1",
  });
});
afterEach(() => ports.close());

const wish = (port: number, localEndpoints = 1, createdMs = 0) => ({
  port,
  localEndpoints,
  createdMs,
});

const isOpen = (port: number, host?: string) =>
  ask(port, "/", host === undefined ? {} : { host }).then(
    () => true,
    () => false,
  );

test("it says how many endpoints of the Service this node has, on any path", async () => {
  const port = await freePort();
  ports.set("shop/web", wish(port, 2));
  await until(() => isOpen(port));
  const reply = await ask(port, "/any/path", { method: "POST" });
  expect(reply.status).toBe(200);
  expect(reply.headers).toMatchObject({
    "content-type": "application/json",
    "x-content-type-options": "nosniff",
    "x-load-balancing-endpoint-weight": "2",
  });
  expect(JSON.parse(reply.body)).toEqual({
    service: { namespace: "shop", name: "web" },
    localEndpoints: 2,
    serviceProxyHealthy: true,
  });
  expect((await ask(port, "/", { host: "::1" })).status).toBe(200);
});

test("a node without endpoints, or with a proxy that is late, is to be left out", async () => {
  const port = await freePort();
  ports.set("shop/web", wish(port, 0));
  await until(() => isOpen(port));
  const none = await ask(port, "/");
  expect(none.status).toBe(503);
  expect(none.headers).toMatchObject({ "x-load-balancing-endpoint-weight": "0" });
  ports.set("shop/web", wish(port, 3));
  expect((await ask(port, "/")).status).toBe(200);
  healthy = false;
  const late = await ask(port, "/");
  expect(late.status).toBe(503);
  expect(JSON.parse(late.body)).toMatchObject({ localEndpoints: 3, serviceProxyHealthy: false });
});

test("a port that changes or is not wanted any more is closed", async () => {
  const [first, second] = [await freePort(), await freePort()];
  ports.set("shop/web", wish(first));
  await until(() => isOpen(first));
  ports.set("shop/web", wish(second));
  await until(() => isOpen(second));
  expect(await isOpen(first)).toBe(false);
  ports.set("shop/web", undefined);
  await until(async () => !(await isOpen(second)));
});

test("a port that goes from one Service to another answers without a break", async () => {
  const port = await freePort();
  ports.set("shop/web", wish(port, 1));
  await until(() => isOpen(port));
  ports.set("shop/web", undefined);
  ports.set("shop/other", wish(port, 1));
  await until(() => isOpen(port));
  expect(JSON.parse((await ask(port, "/")).body).service.name).toBe("other");
  expect(told).toEqual([]);
});

test("a port that comes and goes before it is open is not left open", async () => {
  const port = await freePort();
  ports.set("shop/web", wish(port));
  ports.set("shop/web", undefined);
  await ports.close();
  expect(await isOpen(port)).toBe(false);
});

test("of two Services that want one port the older has it, and the other one is told so once", async () => {
  const port = await freePort();
  ports.set("shop/young", wish(port, 1, 2_000));
  ports.set("shop/old", wish(port, 5, 1_000));
  ports.set("shop/young", wish(port, 2, 2_000));
  await until(() => isOpen(port));
  expect(JSON.parse((await ask(port, "/")).body).service.name).toBe("old");
  expect(told).toMatchObject([
    {
      regarding: { kind: "Service", name: "shop/young" },
      type: "Warning",
      reason: "FailedToStartServiceHealthcheck",
      action: "Listen",
    },
  ]);
  expect(told[0]?.note).toContain("the older Service shop/old has this port");
  ports.set("shop/old", undefined);
  expect(JSON.parse((await ask(port, "/")).body).service.name).toBe("young");
});

test("Services of one age, or of none, are taken in the order of their names", async () => {
  const port = await freePort();
  ports.set("shop/b", wish(port));
  ports.set("shop/a", wish(port));
  ports.set("shop/c", wish(port, 1, 9_000));
  await until(() => isOpen(port));
  expect(JSON.parse((await ask(port, "/")).body).service.name).toBe("c");
  ports.set("shop/c", undefined);
  expect(JSON.parse((await ask(port, "/")).body).service.name).toBe("a");
});

test("a port that another program has is told, and taken at the next change or after 5 s", async () => {
  const [one, two] = [await occupy(), await occupy()];
  ports.set("shop/web", wish(one.port));
  ports.set("shop/api", wish(two.port));
  await until(() => told.length === 2);
  expect(told[0]?.note).toMatch(
    /^Node node-1 does not answer health checks on port \d+: .*EADDRINUSE/,
  );
  await leave(one.server);
  ports.set("shop/web", wish(one.port, 4));
  await until(() => isOpen(one.port));
  await leave(two.server);
  await clock.advance(LISTEN_RETRY_MS);
  await until(() => isOpen(two.port));
  expect(told).toHaveLength(2);
});

test("it listens on the addresses that node ports have, and follows them", async () => {
  const port = await freePort();
  ports.listenOn(["127.0.0.1"]);
  ports.set("shop/web", wish(port));
  await until(() => isOpen(port));
  expect(await isOpen(port, "127.0.0.2")).toBe(false);
  expect(await isOpen(port, "::1")).toBe(false);
  ports.listenOn(["127.0.0.2", "::1"]);
  await until(() => isOpen(port, "127.0.0.2"));
  await until(() => isOpen(port, "::1"));
  expect(await isOpen(port)).toBe(false);
  ports.listenOn(undefined);
  await until(() => isOpen(port));
  expect(told).toEqual([]);
});
