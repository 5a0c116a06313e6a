/** What a pass does about operations that the kernel refuses, and when it tries again. */
import { expect, test } from "vitest";
import type { Operation } from "../../../src/model/operation.ts";
import { tcp } from "../plan/samples.ts";
import { endpoints, NodeUnderTest, shop } from "./node-under-test.ts";

const WEB = shop("web", 10);

/** A node whose kernel refuses operations of `kind` that `wanted` picks, until told otherwise. */
function refusing(kind: Operation["kind"], code = "ENOMEM"): NodeUnderTest {
  const node = new NodeUnderTest();
  node.kernel.refuse = (operation) => (operation.kind === kind ? code : undefined);
  return node;
}

test("an address is not bound before its virtual service is there, and is bound as soon as it is", async () => {
  const node = refusing("add-service");
  node.see([WEB.service], [WEB.slice]);
  const first = await node.pass();
  expect(first.refused.map(({ code }) => code)).toEqual(["ENOMEM"]);
  expect(node.addresses()).toEqual([]);
  node.kernel.refuse = () => undefined;
  await node.passAfter(200);
  expect(node.addresses()).toEqual(["10.96.0.10"]);
  expect(node.passes.failures.all()).toEqual([]);
});

test("a virtual service stays while its address cannot leave, and leaves after it", async () => {
  const node = refusing("delete-address");
  node.see([WEB.service], [WEB.slice]);
  await node.pass();
  node.remove("shop/web");
  await node.pass();
  expect(node.table()).toContain("10.96.0.10:80");
  node.kernel.refuse = () => undefined;
  await node.passAfter(200);
  expect(node.wrote()).toEqual(["delete-address 10.96.0.10", "delete-service tcp/10.96.0.10:80"]);
});

test("the old port goes on until the new one can be added", async () => {
  const node = refusing("add-service");
  const moved = {
    ...WEB.service,
    ports: [{ name: "http", protocol: "tcp", port: 81, nodePort: 0 }],
  };
  node.kernel.refuse = () => undefined;
  node.see([WEB.service], [WEB.slice]);
  await node.pass();
  node.kernel.refuse = ({ kind }) => (kind === "add-service" ? "ENOMEM" : undefined);
  node.put(moved as typeof WEB.service);
  await node.pass();
  expect(node.table()).toContain("10.96.0.10:80");
  node.kernel.refuse = () => undefined;
  await node.passAfter(200);
  expect(node.table()).not.toContain("10.96.0.10:80 ");
  expect(node.table()).toContain("10.96.0.10:81");
});

test("endpoints stay while those that replace them cannot be added", async () => {
  const node = new NodeUnderTest();
  node.see([WEB.service], [endpoints("10.1.0.1")]);
  await node.pass();
  node.kernel.refuse = ({ kind }) => (kind === "add-destination" ? "ENOMEM" : undefined);
  node.putSlice(endpoints("10.1.0.2"));
  const { skipped } = await node.pass();
  expect(skipped).toBe(1);
  expect(node.table()).toContain("10.1.0.1:8080 -m -w 1");
});

test("a refused change of settings keeps no endpoint from leaving", async () => {
  const node = new NodeUnderTest();
  node.see([WEB.service], [endpoints("10.1.0.1", "10.1.0.2")]);
  await node.pass();
  node.kernel.refuse = ({ kind }) => (kind === "set-service" ? "EINVAL" : undefined);
  node.put({ ...WEB.service, annotations: { "kube-ipvs.io/scheduler": "lc" } });
  node.putSlice(endpoints("10.1.0.1"));
  await node.pass();
  expect(node.wrote()).toEqual([
    "set-service tcp/10.96.0.10:80 scheduler lc: EINVAL",
    "set-destination tcp/10.96.0.10:80 10.1.0.2:8080 weight 0",
  ]);
});

test("a refusal touches one Service and no other", async () => {
  const other = shop("other", 11);
  const node = new NodeUnderTest();
  node.kernel.refuse = (operation) =>
    operation.kind === "add-service" && JSON.stringify(operation).includes("10.96.0.10")
      ? "ENOMEM"
      : undefined;
  node.see([WEB.service, other.service], [WEB.slice, other.slice]);
  const { refused } = await node.pass();
  expect(refused).toHaveLength(1);
  expect(node.table()).toBe(
    "-A -t 10.96.0.11:80 -s rr\n-a -t 10.96.0.11:80 -r 10.1.0.11:8080 -m -w 1\n",
  );
  expect(node.addresses()).toEqual(["10.96.0.11"]);
});

test("what somebody else added first is taken over at the next try", async () => {
  const node = new NodeUnderTest();
  node.see([], []);
  await node.pass();
  const settings = {
    scheduler: "wlc",
    schedulerFlags: [],
    onePacket: false,
    persistence: undefined,
  };
  node.kernel.addForeign({ key: tcp("10.96.0.10", 80), settings }, []);
  node.put(WEB.service);
  node.putSlice(WEB.slice);
  expect((await node.pass()).refused.map(({ code }) => code)).toEqual(["EEXIST"]);
  await node.passAfter(200);
  expect(node.table()).toContain("-A -t 10.96.0.10:80 -s rr");
  expect(node.addresses()).toEqual(["10.96.0.10"]);
});

test("addresses that went with the link meanwhile come back when one is tried again", async () => {
  const other = shop("other", 11);
  const node = new NodeUnderTest();
  node.see([WEB.service], [WEB.slice]);
  await node.pass();
  node.kernel.deleteLink();
  node.put(other.service);
  node.putSlice(other.slice);
  expect((await node.pass()).refused.map(({ code }) => code)).toEqual(["ENODEV"]);
  await node.passAfter(200);
  expect(node.addresses()).toEqual(["10.96.0.10", "10.96.0.11"]);
});

test("a write that rejects is followed by a full reading, and nothing of it is forgotten", async () => {
  const node = new NodeUnderTest();
  node.see([WEB.service], [WEB.slice]);
  await node.pass();
  const other = shop("other", 11);
  node.put(other.service);
  node.putSlice(other.slice);
  // Cut after the virtual service was added, and before anybody was told.
  node.kernel.refuse = ({ kind }) => {
    if (kind === "add-destination") throw new Error("no buffer space");
    return undefined;
  };
  await expect(node.pass()).rejects.toThrow("no buffer space");
  expect(node.table()).toContain("10.96.0.11:80");
  node.kernel.refuse = () => undefined;
  node.remove("shop/other");
  await node.pass();
  expect(node.kernel.calls.get("services")).toBe(1);
  expect(node.table()).not.toContain("10.96.0.11:80");
});

test("a kernel that cannot be asked for a scheduler answers by refusing it, and the default holds", async () => {
  const node = new NodeUnderTest();
  node.kernel.canProbeSchedulers = false;
  node.kernel.table.schedulers.delete("mh");
  node.see([{ ...WEB.service, annotations: { "kube-ipvs.io/scheduler": "mh" } }], [WEB.slice]);
  await node.pass();
  expect(node.table()).toContain("10.96.0.10:80 -s rr");
  expect(node.addresses()).toEqual(["10.96.0.10"]);
  expect(node.passes.failures.all()).toEqual([]);
  expect(node.passes.index.findings("shop/web").map(({ reason }) => reason)).toEqual([
    "scheduler-missing",
  ]);
  node.kernel.table.schedulers.add("mh");
  await node.passAfter(60_000);
  expect(node.table()).toContain("10.96.0.10:80 -s mh");
});

test("a scheduler that goes away is refused once, and what the kernel has stays", async () => {
  const node = new NodeUnderTest();
  const lc = { ...WEB.service, annotations: { "kube-ipvs.io/scheduler": "lc" } };
  const other = shop("other", 11, { annotations: { "kube-ipvs.io/scheduler": "mh" } });
  node.see([lc, other.service], [WEB.slice, other.slice]);
  await node.pass();
  node.kernel.table.schedulers.delete("mh");
  node.put({ ...lc, annotations: { "kube-ipvs.io/scheduler": "mh" } });
  await node.pass();
  expect(node.table()).toContain("10.96.0.10:80 -s lc");
  expect(node.passes.failures.all()).toEqual([]);
});
