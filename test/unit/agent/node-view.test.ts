/** What is made of a Node's addresses: which is its main one, and where node ports are served. */
import { expect, test } from "vitest";
import { nodeView } from "../../../src/agent/node-view.ts";
import type { ClusterNode } from "../../../src/model/cluster.ts";

const NODE: ClusterNode = {
  name: "node-a",
  zone: "",
  // As parsed: internal ones first.
  addresses: ["10.0.0.5", "fd00::5", "203.0.113.9"],
  podRanges: [],
  deleting: false,
  taints: [],
};

const FACTS = {
  name: NODE.name,
  nodes: new Map([[NODE.name, NODE]]),
  apiServerAddresses: [],
  interfaceAddresses: [...NODE.addresses, "10.9.0.5"].map((address) => ({ address, link: "eth0" })),
  nodePortAddresses: { kind: "selected", primary: true, ranges: [] },
  bindAddress: undefined,
  serverAddresses: [],
  awaitsPeers: false,
} as const;

test("primary node port addresses are the first of each family: no port is open on a public address", () => {
  const { primaryAddresses, nodePortAddresses, ownAddresses } = nodeView(FACTS);
  expect(primaryAddresses).toEqual(["10.0.0.5", "fd00::5"]);
  expect(nodePortAddresses).toEqual(["10.0.0.5", "fd00::5"]);
  expect([...ownAddresses]).toContain("203.0.113.9");
});

test("a bind address beats the Node's main address of its family", () => {
  const { primaryAddresses, nodePortAddresses } = nodeView({ ...FACTS, bindAddress: "10.9.0.5" });
  expect(primaryAddresses).toEqual(["10.9.0.5", "fd00::5"]);
  expect(nodePortAddresses).toEqual(["10.9.0.5", "fd00::5"]);
});
