/** Who we are to the API server, in requests to a real one: what is sent, and when it is read again. */
import { renameSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TLSSocket } from "node:tls";
import { describe, expect, type TestContext, test, vi } from "vitest";
import { ApiClient } from "../../../../src/kube/api/api-client.ts";
import { answerStatus } from "../../../fakes/api-answers.ts";
import { FakeApiServer } from "../../../fakes/fake-api-server.ts";
import { LOOPBACK_CERTIFICATE, LOOPBACK_KEY } from "../../../fakes/loopback-certificate.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";
import { KubeconfigFolder } from "./kubeconfig-folder.ts";

/** Asks for anything; resolves with the status. */
async function ask(client: ApiClient): Promise<number> {
  const { signal } = new AbortController();
  return (await client.request("GET", "/api/v1/services", { signal })).status;
}

/** A server, a folder for the kubeconfig, and a client that is made of it. */
async function openClient(
  context: TestContext,
  user: object | ((folder: KubeconfigFolder) => object),
) {
  const server = await FakeApiServer.start();
  const folder = new KubeconfigFolder(context);
  const clock = new ManualClock();
  const wanted = typeof user === "function" ? user(folder) : user;
  const kubeconfig = folder.kubeconfig({ server: server.url, user: wanted });
  const client = new ApiClient({ kubeconfig, master: "" }, clock);
  context.onTestFinished(async () => {
    client.close();
    await server.stop();
  });
  const sent = (): readonly (string | undefined)[] =>
    server.requests.map(({ message }) => message.headers.authorization);
  return { server, folder, clock, client, kubeconfig, sent };
}

/** Says 401 to the next request. */
function refuseOnce(server: FakeApiServer): void {
  server.intercept = (_, response) => {
    server.intercept = () => false;
    answerStatus(response, 401, "Unauthorized");
    return true;
  };
}

describe("a token", () => {
  test("of the kubeconfig is sent", async (context) => {
    const { client, sent } = await openClient(context, { token: "abc" });
    expect(await ask(client)).toBe(200);
    expect(sent()).toEqual(["Bearer abc"]);
  });

  test("of a file beats the one beside it, and has no line end", async (context) => {
    const { client, sent } = await openClient(context, (folder) => {
      folder.write("token", "from-file\n");
      return { tokenFile: "token", token: "abc" };
    });
    await ask(client);
    expect(sent()).toEqual(["Bearer from-file"]);
  });

  test("of a file that was rotated is read again when the server refuses the old one", async (context) => {
    const { client, sent, server, folder } = await openClient(context, (files) => {
      files.write("token", "old");
      return { tokenFile: "token" };
    });
    await ask(client);
    folder.write("token", "new");
    refuseOnce(server);
    expect(await ask(client)).toBe(401);
    expect(await ask(client)).toBe(200);
    expect(sent()).toEqual(["Bearer old", "Bearer old", "Bearer new"]);
  });

  test("of a file is read again after a minute, before the server refuses it", async (context) => {
    context.onTestFinished(() => void vi.useRealTimers());
    vi.useFakeTimers({ toFake: ["Date"] });
    const { client, sent, folder } = await openClient(context, (files) => {
      files.write("token", "old");
      return { tokenFile: "token" };
    });
    await ask(client);
    folder.write("token", "new");
    vi.setSystemTime(Date.now() + 61_000);
    await ask(client);
    expect(sent()).toEqual(["Bearer old", "Bearer new"]);
  });

  test("whose file is gone is said, and used when it is back", async (context) => {
    const { client, sent, folder } = await openClient(context, { tokenFile: "token" });
    await expect(ask(client)).rejects.toMatchObject({
      code: "CONFIG",
      message: expect.stringMatching(/credentials of the kubeconfig fail: ENOENT.*token/),
    });
    folder.write("token", "new");
    await ask(client);
    expect(sent()).toEqual(["Bearer new"]);
  });
});

describe("a kubeconfig", () => {
  test("that was replaced is in force with the next request", async (context) => {
    const { client, sent, folder, server } = await openClient(context, { token: "old" });
    await ask(client);
    folder.kubeconfig({ server: server.url, user: { token: "newer" } });
    await ask(client);
    expect(sent()).toEqual(["Bearer old", "Bearer newer"]);
  });

  test("that is gone or broken fails the request, until it is back", async (context) => {
    const { client, folder, kubeconfig } = await openClient(context, { token: "old" });
    renameSync(kubeconfig, folder.at("away"));
    await expect(ask(client)).rejects.toMatchObject({ code: "CONFIG" });
    folder.write("kubeconfig", "clusters: [");
    await expect(ask(client)).rejects.toThrow("kubeconfig is no usable kubeconfig: line 1");
    rmSync(kubeconfig);
    renameSync(folder.at("away"), kubeconfig);
    expect(await ask(client)).toBe(200);
  });

  test("with a user's name and password sends both", async (context) => {
    const { client, sent } = await openClient(context, { username: "me", password: "secret" });
    await ask(client);
    expect(sent()).toEqual([`Basic ${Buffer.from("me:secret").toString("base64")}`]);
  });
});

describe("a client certificate", () => {
  test("is shown, and the server's is checked, from files beside the kubeconfig", async (context) => {
    const shown: string[] = [];
    const tls = { cert: LOOPBACK_CERTIFICATE, key: LOOPBACK_KEY, ca: LOOPBACK_CERTIFICATE };
    const server = createServer({ ...tls, requestCert: true }, (message, response) => {
      const socket = message.socket as TLSSocket;
      shown.push(`${socket.getPeerCertificate().subject?.CN} ${socket.authorized}`);
      response.end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const folder = new KubeconfigFolder(context);
    folder.write("pair.crt", LOOPBACK_CERTIFICATE);
    folder.write("pair.key", LOOPBACK_KEY);
    const kubeconfig = folder.kubeconfig({
      server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
      user: { "client-certificate": "pair.crt", "client-key": "pair.key" },
      cluster: { "certificate-authority": "pair.crt" },
    });
    const client = new ApiClient({ kubeconfig, master: "" }, new ManualClock());
    context.onTestFinished(() => {
      client.close();
      server.close();
    });
    expect(await ask(client)).toBe(200);
    expect(shown).toEqual(["kube-ipvs-test true"]);
    rmSync(folder.at("pair.key"));
    await expect(ask(client)).rejects.toMatchObject({ code: "CONFIG" });
  });
});
