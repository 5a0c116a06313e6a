/** The two servers, asked over real sockets: paths, codes, bodies and headers as kube-proxy's. */
import { connect } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  type RunningServer,
  type ServeOptions,
  serveMetrics,
  serveProxyHealth,
} from "../../../src/observe/http-server.ts";
import { LISTEN_RETRY_MS, ListenError } from "../../../src/observe/listener.ts";
import { ProxyHealth } from "../../../src/observe/proxy-health.ts";
import { capturedLog } from "../../fakes/captured-log.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";
import { ask, leave, occupy, rememberedEvents, until } from "./asking.ts";

let clock: ManualClock;
let servers: RunningServer[];
beforeEach(() => {
  clock = new ManualClock();
  servers = [];
});
afterEach(async () => {
  await Promise.all(servers.map((server) => server.close()));
});

function options(change: Partial<ServeOptions> = {}): ServeOptions {
  return {
    at: { host: "127.0.0.1", port: 0 },
    hardFail: false,
    clock,
    log: capturedLog().log,
    events: rememberedEvents().events,
    nodeName: "node-1",
    ...change,
  };
}

function proxyHealth(): ProxyHealth {
  return new ProxyHealth({ clock, families: ["ipv4"], lateMs: 60_000, eligibleWithoutNode: true });
}

async function healthServer(change: Partial<ServeOptions> = {}, health = proxyHealth()) {
  const counted: string[] = [];
  const server = await serveProxyHealth(
    health,
    (path, status) => counted.push(`${path} ${status}`),
    options(change),
  );
  servers.push(server);
  return { server, counted };
}

async function metricsServer(change: Partial<Parameters<typeof serveMetrics>[0]> = {}) {
  const page = (body: string) => async () => ({ contentType: "text/plain; version=0.0.4", body });
  const server = await serveMetrics(
    {
      metrics: page("kubeproxy_x 1\n"),
      indicators: page("kubernetes_healthcheck 1\n"),
      onHealthz: () => {},
      config: { nodeName: "node-1" },
      ...change,
    },
    options(),
  );
  servers.push(server);
  return server;
}

test("/healthz and /livez answer as JSON, and each answer is counted", async () => {
  const health = proxyHealth();
  const { server, counted } = await healthServer({}, health);
  const good = await ask(server.port, "/healthz");
  expect(good.status).toBe(200);
  expect(good.headers).toMatchObject({
    "content-type": "application/json",
    "x-content-type-options": "nosniff",
  });
  expect(JSON.parse(good.body)).toMatchObject({ nodeEligible: true, healthy: true });
  health.nodeSeen({ deleting: true, taints: [] });
  expect((await ask(server.port, "/healthz?verbose")).status).toBe(503);
  expect((await ask(server.port, "/livez", { method: "POST" })).status).toBe(200);
  expect(counted).toEqual(["healthz 200", "healthz 503", "livez 200"]);
});

test("/readyz is refused until the first sync is finished, and is in none of kube-proxy's counts", async () => {
  const health = proxyHealth();
  const { server, counted } = await healthServer({}, health);
  expect((await ask(server.port, "/livez")).status).toBe(200);
  expect((await ask(server.port, "/readyz")).status).toBe(503);
  health.updated();
  const ready = await ask(server.port, "/readyz");
  expect(ready).toMatchObject({ status: 200, headers: { "content-type": "application/json" } });
  expect(JSON.parse(ready.body)).toMatchObject({ healthy: true });
  expect(counted).toEqual(["livez 200"]);
});

test("any other path is not found", async () => {
  const { server, counted } = await healthServer();
  expect(await ask(server.port, "/")).toMatchObject({ status: 404, body: "404 page not found\n" });
  expect((await ask((await metricsServer()).port, "/debug/pprof")).status).toBe(404);
  expect(counted).toEqual([]);
});

test("the metrics server has the pages of kube-proxy's", async () => {
  let pinged = 0;
  const { port } = await metricsServer({ onHealthz: () => pinged++ });
  expect(await ask(port, "/proxyMode")).toMatchObject({
    status: 200,
    body: "ipvs",
    headers: { "content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff" },
  });
  expect(await ask(port, "/metrics")).toMatchObject({
    status: 200,
    body: "kubeproxy_x 1\n",
    headers: { "content-type": "text/plain; version=0.0.4" },
  });
  expect((await ask(port, "/metrics/slis")).body).toBe("kubernetes_healthcheck 1\n");
  expect(pinged).toBe(0);
  expect(await ask(port, "/healthz")).toMatchObject({ status: 200, body: "ok" });
  expect(pinged).toBe(1);
  const config = await ask(port, "/configz");
  expect(config.headers).toMatchObject({ "content-type": "application/json" });
  expect(JSON.parse(config.body)).toEqual({ "kube-ipvs.io": { nodeName: "node-1" } });
});

test("metrics that cannot be made are an error of the one who asked", async () => {
  const { port } = await metricsServer({ metrics: () => Promise.reject(new Error("none today")) });
  expect(await ask(port, "/metrics")).toMatchObject({ status: 500, body: "Error: none today\n" });
  expect((await ask(port, "/healthz")).status).toBe(200);
});

test("0.0.0.0 is every address of both families", async () => {
  const { server } = await healthServer({ at: { host: "0.0.0.0", port: 0 } });
  expect((await ask(server.port, "/livez")).status).toBe(200);
  expect((await ask(server.port, "/livez", { host: "::1" })).status).toBe(200);
});

test("an address that is taken is told once, and tried again every 5 s until it is free", async () => {
  const other = await occupy();
  const { log, lines } = capturedLog();
  const { told, events } = rememberedEvents();
  const at = { host: "0.0.0.0", port: other.port };
  const { server } = await healthServer({ at, log, events });
  expect(server.port).toBe(0);
  await clock.advance(LISTEN_RETRY_MS);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(lines.map(({ msg }) => msg)).toEqual(["health is not served; trying again"]);
  expect(told).toMatchObject([
    {
      regarding: { kind: "Node", name: "node-1" },
      type: "Warning",
      reason: "FailedToStartProxierHealthcheck",
    },
  ]);
  const shown = lines[0]?.["err"] as Error | undefined;
  for (const text of [told[0]?.note, shown?.message]) {
    expect(text).toContain("EADDRINUSE");
    expect(text).toContain("probably another kube-proxy runs on this node");
    expect(text).toContain("kubectl -n kube-system delete daemonset kube-proxy");
  }
  await leave(other.server);
  await clock.advance(LISTEN_RETRY_MS);
  await until(() => server.port !== 0);
  expect((await ask(other.port, "/livez")).status).toBe(200);
});

test("an address that is taken ends it where that was asked for", async () => {
  const other = await occupy();
  const at = { host: "::", port: other.port };
  const error = await healthServer({ at, hardFail: true }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(ListenError);
  expect(error).toMatchObject({ code: "EADDRINUSE" });
  expect(error.message).toContain(`[::]:${other.port}`);
  expect(error.message).toContain("probably another kube-proxy");
  await leave(other.server);
});

test("one that is closed is gone at once, also for those who keep a connection, and can come again", async () => {
  const { server } = await healthServer();
  const { port } = server;
  const kept = connect(port, "127.0.0.1");
  await new Promise((resolve) => kept.on("connect", resolve));
  const ended = new Promise((resolve) => kept.on("close", resolve).on("error", () => {}));
  await server.close();
  await ended;
  await expect(ask(port, "/livez")).rejects.toThrow("ECONNREFUSED");
  const { server: again } = await healthServer({ at: { host: "127.0.0.1", port } });
  expect((await ask(again.port, "/livez")).status).toBe(200);
});

test("a request with headers beyond any reason is refused", async () => {
  const { server } = await healthServer();
  const reply = await new Promise<string>((resolve) => {
    const socket = connect(server.port, "127.0.0.1", () => {
      socket.write(`GET /livez HTTP/1.1\r\nhost: x\r\nx: ${"x".repeat(20_000)}\r\n\r\n`);
    });
    let text = "";
    socket.on("data", (part) => {
      text += part;
    });
    socket.on("close", () => resolve(text)).on("error", () => {});
  });
  expect(reply).toContain("431");
});
