/** Where the API server is known to be: what the URL says, and where answers came from. */
import { expect, test } from "vitest";
import { ApiClient } from "../../../../src/kube/api/api-client.ts";
import { REMEMBERED_MAX, ServerAddresses } from "../../../../src/kube/api/server-addresses.ts";
import { FakeApiServer } from "../../../fakes/fake-api-server.ts";
import { ManualClock } from "../../../fakes/manual-clock.ts";
import { openTold } from "./running-source.ts";

const NAME = "https://control-plane.example:6443";

test.for([
  { server: "https://10.0.0.100:6443", address: "10.0.0.100" },
  { server: "https://[fd00::100]:6443/path", address: "fd00::100" },
])("the address of $server is known before any answer", ({ server, address }) => {
  expect(new ServerAddresses().of(server)).toEqual([address]);
});

test("of a name it is where answers come from, and the last ones are remembered", () => {
  const addresses = new ServerAddresses();
  expect(addresses.of(NAME)).toEqual([]);
  addresses.answered(NAME, "::ffff:10.0.0.7");
  addresses.answered(NAME, undefined);
  expect(addresses.of(NAME)).toEqual(["10.0.0.7"]);
  for (let number = 1; number <= REMEMBERED_MAX; number++) {
    addresses.answered(NAME, `10.0.1.${number}`);
  }
  expect(addresses.of(NAME)).toHaveLength(REMEMBERED_MAX);
  expect(addresses.of(NAME)).not.toContain("10.0.0.7");
});

test("those of a server that is not used any more are forgotten", () => {
  const addresses = new ServerAddresses();
  addresses.answered(NAME, "10.0.0.7");
  expect(addresses.of("https://other.example")).toEqual([]);
});

test("a client knows them after an answer", async (context) => {
  const server = await FakeApiServer.start();
  const master = server.url.replace("127.0.0.1", "localhost");
  const client = new ApiClient({ kubeconfig: undefined, master }, new ManualClock());
  context.onTestFinished(async () => {
    client.close();
    await server.stop();
  });
  await client.request("GET", "/version", { signal: new AbortController().signal });
  expect(client.addresses).toEqual(["127.0.0.1"]);
});

test("a source tells them with its first picture", async (context) => {
  const running = await openTold(context, []);
  expect(running.circumstances.serverAddresses).toEqual(["127.0.0.1"]);
});
