/** What stays in the kernel while something of the cluster is hidden, and what goes all the same. */
import { describe, expect, test } from "vitest";
import { type Circumstances, PLAIN } from "../../../src/kube/change.ts";
import type { EndpointSlice, Service } from "../../../src/model/cluster.ts";
import type { FakeKernel } from "../../fakes/fake-kernel.ts";
import { picture } from "../../fakes/fake-source.ts";
import { endpoint, HTTP, NODE, slice } from "../plan/samples.ts";
import { NodeUnderTest, shop } from "./node-under-test.ts";

const WEB = shop("web", 10);
const API = shop("api", 11);
/** Of every kind of thing in the kernel. */
const ODD = shop("odd", 12, {
  type: "LoadBalancer",
  ports: [{ ...HTTP, nodePort: 30_080 }],
  externalTrafficPolicy: "Local",
  externalAddresses: ["203.0.113.1"],
  loadBalancerAddresses: ["203.0.113.2"],
  loadBalancerSourceRanges: ["192.0.2.0/24"],
});
const ODD_HERE = slice([endpoint("10.1.0.12", { nodeName: NODE.name })], {
  name: "shop/odd-1",
  service: "shop/odd",
});

interface Whole {
  readonly service: Service;
  readonly slice: EndpointSlice;
}

function tell(node: NodeUnderTest, all: readonly Whole[], circumstances: Circumstances): void {
  const [services, slices] = [all.map(({ service }) => service), all.map((one) => one.slice)];
  node.store.accept({ kind: "replaced", picture: picture(services, slices, { circumstances }) });
}

/** A kernel that has all of these, as an agent left it that has ended. */
async function left(...all: readonly Whole[]): Promise<FakeKernel> {
  const node = new NodeUnderTest();
  node.store.setInterfaceAddresses([{ address: "192.0.2.9", link: "eth0" }]);
  tell(node, all, PLAIN);
  await node.pass();
  return node.kernel;
}

const ALL: readonly Whole[] = [WEB, API, { service: ODD.service, slice: ODD_HERE }];
const HIDES_SERVICE = { ...PLAIN, hidesServices: true };

describe("after a start with a Service that cannot be read", () => {
  test("all that may be of it stays, until it is readable or gone", async () => {
    const kernel = await left(...ALL);
    const node = new NodeUnderTest(kernel);
    const before = node.table();
    tell(node, [WEB, API], HIDES_SERVICE);
    await node.pass();
    expect(node.wrote()).toEqual([]);
    await node.passAfter(40_000);
    expect(node.table()).toBe(before);
    tell(node, ALL, PLAIN);
    await node.pass();
    expect(node.wrote()).toEqual([]);
  });

  test("it goes when it is known that nobody wants it", async () => {
    const kernel = await left(...ALL);
    const node = new NodeUnderTest(kernel);
    tell(node, [WEB, API], HIDES_SERVICE);
    await node.pass();
    node.store.accept({ kind: "circumstances", value: PLAIN });
    await node.pass();
    const fresh = new NodeUnderTest(await left(WEB, API));
    expect(node.table()).toBe(fresh.table());
    expect(node.addresses()).toEqual(["10.96.0.10", "10.96.0.11"]);
  });

  test("what other Services give up is removed as ever", async () => {
    const kernel = await left(...ALL);
    const node = new NodeUnderTest(kernel);
    tell(node, [WEB, API], HIDES_SERVICE);
    await node.pass();
    node.putSlice({ ...WEB.slice, endpoints: [endpoint("10.1.0.77")] });
    await node.pass();
    expect(node.wrote()).toContain("set-destination tcp/10.96.0.10:80 10.1.0.10:8080 weight 0");
    node.remove("shop/api");
    await node.pass();
    expect(node.wrote()).toEqual([
      "delete-filter ip service-addresses { 10.96.0.11 }",
      "delete-address 10.96.0.11",
      "delete-service tcp/10.96.0.11:80",
    ]);
    expect(node.addresses()).toContain("10.96.0.12");
  });
});

describe("after a start with an EndpointSlice that cannot be read", () => {
  const value = { ...PLAIN, hidesEndpointsOf: new Set(["shop/web"]) };
  const MORE = { ...WEB.slice, name: "shop/web-2", endpoints: [endpoint("10.1.0.20")] };

  async function withMore(): Promise<NodeUnderTest> {
    const kernel = await left(WEB, API, { service: WEB.service, slice: MORE });
    return new NodeUnderTest(kernel);
  }

  test("its Service keeps the endpoints that it had; others lose theirs", async () => {
    const node = await withMore();
    tell(node, [WEB, { service: API.service, slice: { ...API.slice, endpoints: [] } }], value);
    await node.pass();
    const about = (text: string): string[] => node.wrote().filter((one) => one.includes(text));
    expect(about("10.96.0.10")).toEqual([]);
    expect(about("10.96.0.11")).not.toEqual([]);
    expect(node.table()).toContain("10.1.0.20");
  });

  test("no client is refused where all endpoints are hidden", async () => {
    const node = await withMore();
    tell(node, [API, { ...WEB, slice: API.slice }], value);
    await node.pass();
    expect(node.wrote()).toEqual([]);
    expect(node.table()).toContain("10.1.0.10");
  });

  test("they go when the slice is deleted", async () => {
    const node = await withMore();
    tell(node, [WEB, API], value);
    await node.pass();
    node.store.accept({ kind: "circumstances", value: PLAIN });
    await node.pass();
    expect(node.wrote()).toEqual(["set-destination tcp/10.96.0.10:80 10.1.0.20:8080 weight 0"]);
    await node.passAfter(40_000);
    expect(node.table()).not.toContain("10.1.0.20");
  });
});

describe("after a start that waits for the other nodes", () => {
  const AWAITS = { ...PLAIN, awaitsPeers: true };

  test("and are listed while the kernel is read, nothing is taken away and made again", async () => {
    const kernel = await left(...ALL);
    const node = new NodeUnderTest(kernel);
    node.store.setInterfaceAddresses([{ address: "192.0.2.9", link: "eth0" }]);
    tell(node, ALL, AWAITS);
    const { link } = kernel;
    const ensure = link.ensure.bind(link);
    // Behind all planning of the first pass.
    link.ensure = () => {
      node.store.accept({ kind: "circumstances", value: PLAIN });
      return ensure();
    };
    await node.pass();
    expect(node.wrote()).toEqual([]);
    await node.pass();
    expect(node.wrote()).toEqual([]);
  });

  test("external addresses stay as they stand, and nothing is written twice", async () => {
    const node = new NodeUnderTest(await left(...ALL));
    tell(node, ALL, AWAITS);
    await node.pass();
    expect(node.wrote()).toEqual([]);
    node.store.accept({ kind: "circumstances", value: PLAIN });
    await node.pass();
    expect(node.wrote()).toEqual([]);
  });

  test("on an empty node only they are written later", async () => {
    const node = new NodeUnderTest();
    tell(node, ALL, AWAITS);
    await node.pass();
    expect(node.addresses()).toEqual(["10.96.0.10", "10.96.0.11", "10.96.0.12"]);
    node.store.accept({ kind: "circumstances", value: PLAIN });
    await node.pass();
    expect(node.addresses()).toEqual(expect.arrayContaining(["203.0.113.1", "203.0.113.2"]));
  });

  test("one that turns out to be another node's is given up", async () => {
    const node = new NodeUnderTest(await left(...ALL));
    tell(node, ALL, AWAITS);
    await node.pass();
    const peer = { name: "node-b", zone: "", podRanges: [], deleting: false, taints: [] };
    const addresses = ["203.0.113.1"];
    node.store.accept({ kind: "node", name: "node-b", value: { ...peer, addresses } });
    node.store.accept({ kind: "circumstances", value: PLAIN });
    await node.pass();
    expect(node.addresses()).not.toContain("203.0.113.1");
    expect(node.addresses()).toContain("203.0.113.2");
    expect(node.table()).not.toContain("203.0.113.1");
  });
});
