/** The other nodes are known before a Service can take the address of one of them, and nothing else waits. */
import { expect, test } from "vitest";
import type { FakeApiServer } from "../../../fakes/fake-api-server.ts";
import { NODE, node, openSource, openTold, service } from "./running-source.ts";

const PEER = "node-b";
const EXTERNAL = { externalIPs: ["192.168.77.20"] };
const NODES = [node(NODE, "192.168.77.10"), node(PEER, "192.168.77.20")];

/** Lists of all nodes are not answered before the release. */
function holdPeers(server: FakeApiServer): { release(): void; readonly asked: number } {
  const held: (() => void)[] = [];
  let asked = 0;
  server.intercept = (request, response) => {
    const isPeers = request.resource === "nodes" && !request.url.searchParams.has("fieldSelector");
    if (request.verb !== "list" || !isPeers) return false;
    asked += 1;
    response.on("error", () => {});
    held.push(() => server.answerNow(request, response));
    return true;
  };
  return {
    release: () => {
      server.intercept = () => false;
      for (const answer of held) answer();
    },
    get asked() {
      return asked;
    },
  };
}

test("nobody asks for the other nodes while no Service has external addresses", async (context) => {
  const running = await openTold(context, NODES);
  running.server.put(service("plain"));
  await running.until(() => running.told.includes("+ service shop/plain"));
  await running.pass(60_000);
  expect([...running.objects.keys()]).toEqual([`node ${NODE}`, "service shop/plain"]);
  expect(running.circumstances.awaitsPeers).toBe(false);
});

test("the first picture does not wait for them, and says that external addresses do", async (context) => {
  let peers: ReturnType<typeof holdPeers> | undefined;
  const running = await openSource(context, [...NODES, service("thief", EXTERNAL)], (server) => {
    peers = holdPeers(server);
  });
  await running.until(() => running.told.length > 0);
  expect(running.told).toEqual(["replaced shop/thief"]);
  expect(running.circumstances.awaitsPeers).toBe(true);
  await running.until(() => peers?.asked === 1);
  peers?.release();
  await running.until(() => !running.circumstances.awaitsPeers);
  expect(running.objects.has(`node ${PEER}`)).toBe(true);
});

test("the first Service with one is told at once, and waits for them", async (context) => {
  const running = await openTold(context, NODES);
  const peers = holdPeers(running.server);
  running.server.put(service("thief", EXTERNAL));
  await running.until(() => running.told.includes("+ service shop/thief"));
  expect(running.circumstances.awaitsPeers).toBe(true);
  await running.until(() => peers.asked === 1);
  peers.release();
  await running.until(() => !running.circumstances.awaitsPeers);
  expect(running.objects.has(`node ${PEER}`)).toBe(true);
});

test("where they cannot be listed the wait ends all the same, soon", async (context) => {
  const running = await openTold(context, NODES);
  holdPeers(running.server);
  running.server.put(service("external", EXTERNAL));
  const beganMs = running.clock.nowMs();
  await running.until(() => running.circumstances.awaitsPeers);
  await running.later(() => !running.circumstances.awaitsPeers);
  expect(running.clock.nowMs() - beganMs).toBeLessThan(15_000);
});
