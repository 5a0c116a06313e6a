/** Endpoints that left: they keep their connections, up to a deadline, and no longer. */
import { expect, test } from "vitest";
import { NO_CONNECTIONS } from "../../fakes/fake-table.ts";
import { destination, endpoint, slice, tcp } from "../plan/samples.ts";
import { endpoints, NodeUnderTest, shop } from "./node-under-test.ts";

const WEB = shop("web", 10);
const KEY = tcp("10.96.0.10", 80);
const LEAVING = destination("10.1.0.2", 8080);
const REMOVED = ["delete-destination tcp/10.96.0.10:80 10.1.0.2:8080"];

/** A node where 10.1.0.2 has just left `shop/web`, with one open connection. */
async function draining(service = WEB.service): Promise<NodeUnderTest> {
  const node = new NodeUnderTest();
  node.see([service], [endpoints("10.1.0.1", "10.1.0.2")]);
  await node.pass();
  node.kernel.table.setConnections(KEY, LEAVING, { ...NO_CONNECTIONS, active: 1 });
  node.putSlice(endpoints("10.1.0.1"));
  await node.pass();
  return node;
}

test("goes once its last connection is gone, closing ones too", async () => {
  const node = await draining();
  await node.passAfter(1_000);
  expect(node.wrote()).toEqual([]);
  node.kernel.table.setConnections(KEY, LEAVING, { ...NO_CONNECTIONS, inactive: 1 });
  await node.passAfter(1_000);
  expect(node.wrote()).toEqual([]);
  node.kernel.table.setConnections(KEY, LEAVING, NO_CONNECTIONS);
  await node.passAfter(1_000);
  expect(node.wrote()).toEqual(REMOVED);
  expect(node.passes.drainer.all()).toEqual([]);
  expect(node.passes.drainer.nextMs()).toBeUndefined();
});

test("goes at its deadline with whatever it has", async () => {
  const node = await draining();
  await node.passAfter(29_999);
  expect(node.wrote()).toEqual([]);
  await node.passAfter(1_000);
  expect(node.wrote()).toEqual(REMOVED);
});

test("has the deadline that its Service asks for", async () => {
  const annotations = { "kube-ipvs.io/drain-timeout": "2s" };
  const node = await draining({ ...WEB.service, annotations });
  await node.passAfter(2_000);
  expect(node.wrote()).toEqual(REMOVED);
});

test("goes at once when its Service takes the deadline back", async () => {
  const node = await draining();
  node.put({ ...WEB.service, annotations: { "kube-ipvs.io/drain-timeout": "0" } });
  await node.pass();
  expect(node.wrote()).toEqual(REMOVED);
});

test("waits without a deadline while Kubernetes still lists its pod", async () => {
  const node = await draining();
  const ending = endpoint("10.1.0.2", { ready: false, serving: false, terminating: true });
  node.putSlice(slice([endpoint("10.1.0.1"), ending]));
  await node.pass();
  await node.passAfter(120_000);
  expect(node.wrote()).toEqual([]);
  expect(node.passes.drainer.all()).toMatchObject([{ goneSinceMs: undefined }]);
  node.putSlice(endpoints("10.1.0.1"));
  await node.pass();
  await node.passAfter(29_000);
  expect(node.wrote()).toEqual([]);
  await node.passAfter(1_000);
  expect(node.wrote()).toEqual(REMOVED);
});

test("goes on after a restart, from the kernel alone", async () => {
  const { kernel } = await draining();
  const again = new NodeUnderTest(kernel);
  again.see([WEB.service], [endpoints("10.1.0.1")]);
  await again.pass();
  expect(again.wrote()).toEqual([]);
  expect(again.passes.drainer.all()).toMatchObject([{ destination: "10.1.0.2:8080" }]);
  await again.passAfter(30_000);
  expect(again.wrote()).toEqual(REMOVED);
});

test("ends when the endpoint is back, by one message", async () => {
  const node = await draining();
  node.putSlice(endpoints("10.1.0.1", "10.1.0.2"));
  await node.pass();
  expect(node.wrote()).toEqual(["set-destination tcp/10.96.0.10:80 10.1.0.2:8080 weight 1"]);
  expect(node.passes.drainer.all()).toEqual([]);
});

test("ends when its virtual service is gone and the kernel has to be read again", async () => {
  const node = await draining();
  node.kernel.table.apply({ kind: "delete-service", key: KEY });
  node.remove("shop/web");
  node.kernel.before = (call) => {
    if (call === "writeAddresses") throw new Error("socket broke");
  };
  await expect(node.pass()).rejects.toThrow("socket broke");
  node.kernel.before = () => {};
  await node.pass();
  expect(node.passes.drainer.all()).toEqual([]);
});
