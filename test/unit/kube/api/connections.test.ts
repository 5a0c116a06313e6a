/** The ways to the API server: connections that are kept, TLS that proves who is there, and proxies. */
import { createServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect, type Server } from "node:net";
import { describe, expect, type TestContext, test, vi } from "vitest";
import { ApiClient } from "../../../../src/kube/api/api-client.ts";
import { FakeApiServer } from "../../../fakes/fake-api-server.ts";
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from "../../../fakes/loopback-certificate.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";
import { KubeconfigFolder } from "./kubeconfig-folder.ts";

/** Listens on the loopback address until the test ends; resolves with the port. */
async function listen(context: TestContext, server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A client of a server, with parts of a cluster of a kubeconfig. */
function clientOf(context: TestContext, server: string, cluster: object = {}): ApiClient {
  const kubeconfig = new KubeconfigFolder(context).kubeconfig({ server, cluster });
  const client = new ApiClient({ kubeconfig, master: "" }, new ManualClock());
  context.onTestFinished(() => client.close());
  return client;
}

function ask(client: ApiClient, method: "GET" | "POST" = "GET") {
  const { signal } = new AbortController();
  return client.request(method, "/version", { signal, ...(method === "POST" && { body: {} }) });
}

describe("a connection", () => {
  /** Answers the first request of each connection, and cuts it at the second. */
  async function openForgetful(context: TestContext) {
    const seen: string[] = [];
    const used = new WeakSet<object>();
    const server = createServer((message, response) => {
      const isOld = used.has(message.socket);
      used.add(message.socket);
      seen.push(`${message.method} ${isOld ? "on a kept connection" : "on a new one"}`);
      if (isOld) message.socket.destroy();
      else response.end("{}");
    });
    const port = await listen(context, server);
    return { seen, client: clientOf(context, `http://127.0.0.1:${port}`) };
  }

  test("that was kept and is closed just then is no fault of what only reads", async (context) => {
    const { seen, client } = await openForgetful(context);
    await ask(client);
    expect(await ask(client)).toMatchObject({ status: 200 });
    expect(seen).toEqual(["GET on a new one", "GET on a kept connection", "GET on a new one"]);
  });

  test("that is closed under what changes something fails, as it may have been done", async (context) => {
    const { seen, client } = await openForgetful(context);
    await ask(client);
    await expect(ask(client, "POST")).rejects.toMatchObject({ code: "UNREACHABLE" });
    expect(seen).toEqual(["GET on a new one", "POST on a kept connection"]);
  });

  test("that is new and is closed is not tried twice", async (context) => {
    let requests = 0;
    const server = createServer((message) => {
      requests++;
      message.socket.destroy();
    });
    const port = await listen(context, server);
    const client = clientOf(context, `http://127.0.0.1:${port}`);
    await expect(ask(client)).rejects.toMatchObject({ code: "UNREACHABLE" });
    expect(requests).toBe(1);
  });

  test("is kept for the next request, and closed at the end", async (context) => {
    let connections = 0;
    const server = createServer((_, response) => void response.end("{}"));
    server.on("connection", () => connections++);
    const port = await listen(context, server);
    const client = clientOf(context, `http://127.0.0.1:${port}`);
    for (let times = 0; times < 3; times++) await ask(client);
    expect(connections).toBe(1);
    client.close();
    await vi.waitFor(async () => {
      const left = await new Promise((resolve) => server.getConnections((_, n) => resolve(n)));
      expect(left).toBe(0);
    });
  });
});

describe("TLS", () => {
  const trusted = Buffer.from(LOOPBACK_CERTIFICATE).toString("base64");

  async function openTls(context: TestContext, cluster: object): Promise<ApiClient> {
    const tls = { cert: LOOPBACK_CERTIFICATE, key: LOOPBACK_KEY };
    const server = createTlsServer(tls, (_, response) => void response.end("{}"));
    const port = await listen(context, server);
    return clientOf(context, `https://127.0.0.1:${port}`, cluster);
  }

  test.for([
    { what: "an authority of its own", cluster: {}, code: "DEPTH_ZERO_SELF_SIGNED_CERT" },
    {
      what: "another name",
      cluster: { "certificate-authority-data": trusted, "tls-server-name": "api.example.com" },
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    },
  ])("refuses a server with $what, and says what to check", async ({ cluster, code }, context) => {
    const client = await openTls(context, cluster);
    await expect(ask(client)).rejects.toMatchObject({
      code: "TLS",
      message: expect.stringContaining(
        `does not prove who it is: check certificate-authority-data and the server's name (${code}`,
      ),
    });
  });

  test.for([
    { what: "the authority that signed it", cluster: { "certificate-authority-data": trusted } },
    {
      what: "a name that it has",
      cluster: { "certificate-authority-data": trusted, "tls-server-name": "localhost" },
    },
    {
      what: "nothing, where nothing is to be checked",
      cluster: { "insecure-skip-tls-verify": true },
    },
  ])("takes a server by $what", async ({ cluster }, context) => {
    expect(await ask(await openTls(context, cluster))).toMatchObject({ status: 200 });
  });
});

describe("a proxy", () => {
  /** Connects to what it is asked for; resolves with its URL. */
  async function openProxy(context: TestContext) {
    const targets: string[] = [];
    const server = createServer();
    server.on("connect", ({ url = "" }, socket) => {
      targets.push(url);
      const { hostname, port } = new URL(`http://${url}`);
      const other = connect(Number(port), hostname, () => {
        socket.write("HTTP/1.1 200 OK\r\n\r\n");
        socket.pipe(other).pipe(socket);
      });
      for (const one of [socket, other]) one.on("error", () => other.destroy());
    });
    return { targets, url: `http://127.0.0.1:${await listen(context, server)}` };
  }

  test("of the kubeconfig is the way to the server", async (context) => {
    const { targets, url } = await openProxy(context);
    const server = await FakeApiServer.start();
    context.onTestFinished(() => server.stop());
    const client = clientOf(context, server.url, { "proxy-url": url });
    expect(await ask(client)).toMatchObject({ status: 404 });
    expect(targets).toEqual([new URL(server.url).host]);
  });

  test("of the kubeconfig leaves TLS to the two ends", async (context) => {
    const { targets, url } = await openProxy(context);
    const tls = { cert: LOOPBACK_CERTIFICATE, key: LOOPBACK_KEY };
    const port = await listen(
      context,
      createTlsServer(tls, (_, response) => void response.end("{}")),
    );
    const trusted = Buffer.from(LOOPBACK_CERTIFICATE).toString("base64");
    const cluster = { "proxy-url": url, "certificate-authority-data": trusted };
    const client = clientOf(context, `https://127.0.0.1:${port}`, cluster);
    expect(await ask(client)).toMatchObject({ status: 200 });
    expect(targets).toEqual([`127.0.0.1:${port}`]);
    const stranger = clientOf(context, `https://127.0.0.1:${port}`, { "proxy-url": url });
    await expect(ask(stranger)).rejects.toMatchObject({ code: "TLS" });
  });

  test("that is not there is told", async (context) => {
    const cluster = { "proxy-url": "http://127.0.0.1:9" };
    const client = clientOf(context, "http://192.0.2.1:8080", cluster);
    await expect(ask(client)).rejects.toMatchObject({ code: "UNREACHABLE" });
  });

  test("of the environment is not used: a node reaches its API server without", async (context) => {
    context.onTestFinished(() => void vi.unstubAllEnvs());
    for (const name of ["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"]) {
      vi.stubEnv(name, "http://127.0.0.1:9");
    }
    const server = await FakeApiServer.start();
    context.onTestFinished(() => server.stop());
    expect(await ask(clientOf(context, server.url))).toMatchObject({ status: 404 });
  });
});
