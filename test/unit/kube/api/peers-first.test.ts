/** The other nodes are known before a Service can take the address of one of them. */
import { expect, test } from "vitest";
import { NODE, node, openTold, service } from "./running-source.ts";

const PEER = "node-b";
const EXTERNAL = { externalIPs: ["192.168.77.20"] };

test("nobody asks for the other nodes while no Service has external addresses", async (context) => {
  const running = await openTold(context, [
    node(NODE, "192.168.77.10"),
    node(PEER, "192.168.77.20"),
  ]);
  running.server.put(service("plain"));
  await running.until(() => running.told.includes("+ service shop/plain"));
  await running.pass(60_000);
  expect([...running.objects.keys()]).toEqual([`node ${NODE}`, "service shop/plain"]);
});

test("the first Service with one is told together with them", async (context) => {
  const running = await openTold(context, [
    node(NODE, "192.168.77.10"),
    node(PEER, "192.168.77.20"),
  ]);
  running.server.put(service("thief", EXTERNAL));
  await running.until(() => running.told.includes("+ service shop/thief"));
  expect(running.objects.has(`node ${PEER}`)).toBe(true);
});

test("where they cannot be listed the Service is told all the same, soon", async (context) => {
  const running = await openTold(context, [
    node(NODE, "192.168.77.10"),
    node(PEER, "192.168.77.20"),
  ]);
  running.server.intercept = ({ verb, resource }, response) => {
    if (verb !== "list" || resource !== "nodes") return false;
    response.on("error", () => {});
    return true; // Never answered.
  };
  running.server.put(service("external", EXTERNAL));
  const beganMs = running.clock.nowMs();
  await running.later(() => running.told.includes("+ service shop/external"));
  expect(running.clock.nowMs() - beganMs).toBeLessThan(10_000);
});
