/** What the agent tells of itself. */
import { expect, test } from "vitest";
import { statusOf } from "../../../src/agent/status.ts";
import { FakeSource } from "../../fakes/fake-source.ts";
import { NO_CONNECTIONS } from "../../fakes/fake-table.ts";
import { destination, NODE, tcp } from "../plan/samples.ts";
import { endpoints, NodeUnderTest, shop } from "./node-under-test.ts";

const WEB = shop("web", 10);

function statusOfNode(node: NodeUnderTest) {
  return statusOf({
    nodeName: NODE.name,
    startedMs: 0,
    source: new FakeSource(),
    store: node.store,
    passes: node.passes,
    last: undefined,
    nowMs: node.clock.nowMs(),
  });
}

test("before anything is known it says so, and nothing else", () => {
  expect(statusOfNode(new NodeUnderTest())).toEqual({
    node: NODE.name,
    startedAt: "1970-01-01T00:00:00.000Z",
    picture: "none",
    passes: 0,
    lastPass: null,
    schedulers: {},
    problems: [],
    failures: [],
    draining: [],
    services: [],
  });
});

test("it names Services in order, and who lost a conflict is not in force", async () => {
  const node = new NodeUnderTest();
  const loser = { ...WEB.service, name: "shop/zoo" };
  node.see([loser, WEB.service], [WEB.slice]);
  await node.pass();
  const { services } = statusOfNode(node);
  expect(services.map(({ name, virtualServices }) => [name, virtualServices[0]?.inForce])).toEqual([
    ["shop/web", true],
    ["shop/zoo", false],
  ]);
  expect(services[1]?.findings.map(({ reason }) => reason)).toContain("conflict");
});

test("it tells when a drain ends and when a refusal is tried again", async () => {
  const node = new NodeUnderTest();
  node.see([WEB.service], [endpoints("10.1.0.1", "10.1.0.2")]);
  await node.pass();
  const one = { ...NO_CONNECTIONS, active: 1 };
  node.kernel.table.setConnections(tcp("10.96.0.10", 80), destination("10.1.0.2", 8080), one);
  node.putSlice(endpoints("10.1.0.1", "10.1.0.3"));
  node.put({ ...WEB.service, clusterAddresses: ["10.96.0.10", "10.96.0.11"] });
  node.kernel.refuse = ({ kind }) => (kind === "add-address" ? "ENOBUFS" : undefined);
  await node.pass();
  await node.clock.advance(50);
  const { draining, failures } = statusOfNode(node);
  expect(draining).toEqual([
    { service: "tcp/10.96.0.10:80", destination: "10.1.0.2:8080", removedInMs: 29_950 },
  ]);
  expect(failures).toEqual([
    {
      subject: "10.96.0.11",
      operation: "add-address 10.96.0.11",
      code: "ENOBUFS",
      message: "add-address 10.96.0.11: ENOBUFS",
      attempts: 1,
      retryInMs: 150,
    },
  ]);
});
