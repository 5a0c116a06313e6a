/** Endpoints that leave with connections and without. */
import { expect } from "vitest";
import type { SocketKey } from "../../../src/model/virtual-service.ts";
import { type Connections, NO_CONNECTIONS } from "../../fakes/fake-table.ts";
import { destination } from "../plan/samples.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { Node } from "./node.ts";
import { endpoint, P80, service, slice } from "./objects.ts";

/** Until drains are looked at again. */
const LOOK_MS = 1_000;

/** A node whose only endpoint has left, having had these connections. */
async function left(protocol: "TCP" | "UDP", connections: Connections): Promise<Node> {
  const node = new Node();
  const ports = [{ ...P80, protocol }];
  await node.sync(service({ ports }), slice([endpoint("10.180.0.1")], { ports }));
  node.kernel.table.setConnections(keyOf(protocol), destination("10.180.0.1", 80), connections);
  await node.sync(slice([], { ports }));
  return node;
}

function keyOf(protocol: string): SocketKey {
  const isUdp = protocol === "UDP";
  return { protocol: isUdp ? "udp" : "tcp", address: "10.20.30.41", port: 80 };
}

const DRAINING = ["tcp/10.20.30.41:80 -> 10.180.0.1:80 weight 0"];
const GONE = ["tcp/10.20.30.41:80 ->"];

const single: readonly ConformanceCase[] = [
  {
    name: "an endpoint without connections has weight 0 at once, and goes with the first look at it",
    upstream: [
      "Test_GracefulDeleteRS/graceful delete, no connections results in deleting the real server immediatetly",
    ],
    run: async () => {
      const node = await left("TCP", NO_CONNECTIONS);
      expect(node.table()).toEqual(DRAINING);
      await node.wait(LOOK_MS);
      expect(node.table()).toEqual(GONE);
    },
  },
  ...(["active", "inactive"] as const).map((kind) => ({
    name: `an endpoint with ${kind} connections stays with weight 0 until they are gone`,
    upstream: [
      `Test_GracefulDeleteRS/graceful delete, real server has ${kind === "active" ? kind : "in-active"} connections, weight should be 0 but don't delete`,
    ],
    run: async () => {
      const node = await left("TCP", { ...NO_CONNECTIONS, [kind]: 10 });
      await node.wait(LOOK_MS);
      expect(node.table()).toEqual(DRAINING);
      const gone = destination("10.180.0.1", 80);
      node.kernel.table.setConnections(keyOf("TCP"), gone, NO_CONNECTIONS);
      await node.wait(LOOK_MS);
      expect(node.table()).toEqual(GONE);
    },
  })),
  {
    name: "an endpoint of UDP goes at once, whatever connections it has",
    upstream: [
      "Test_GracefulDeleteRS/graceful delete, real server has connections, but udp connections are deleted immediately",
    ],
    run: async () => {
      const node = await left("UDP", { ...NO_CONNECTIONS, active: 10, inactive: 10 });
      expect(node.table()).toEqual(["udp/10.20.30.41:80 ->"]);
    },
  },
  {
    name: "an endpoint that drains and that somebody else took away is left at that",
    upstream: ["Test_GracefulDeleteRS/graceful delete, real server mismatch should be no-op"],
    run: async () => {
      const node = await left("TCP", NO_CONNECTIONS);
      const key = keyOf("TCP");
      const other = destination("10.180.0.1", 81);
      node.kernel.table.apply({
        kind: "delete-destination",
        key,
        destination: { address: "10.180.0.1", port: 80 },
      });
      node.kernel.table.apply({ kind: "add-destination", key, destination: other });
      node.wrote();
      await node.wait(LOOK_MS);
      expect(node.wrote()).toEqual([]);
      expect(node.table()).toEqual(["tcp/10.20.30.41:80 -> 10.180.0.1:81"]);
    },
  },
];

const race: ConformanceCase = {
  name: "endpoints that leave while drains are looked at are drained as well, and all go",
  upstream: ["Test_RaceTerminateRSList"],
  run: async () => {
    const node = new Node();
    const addresses = Array.from({ length: 100 }, (_, index) => `10.180.0.${index + 1}`);
    await node.sync(service(), slice(addresses.map((address) => endpoint(address))));
    await node.sync(slice(addresses.slice(1).map((address) => endpoint(address))));
    let looks = 0;
    node.kernel.before = (call) => {
      if (call !== "destinations" || looks++ > 0) return;
      node.accept(slice([]));
    };
    await node.wait(LOOK_MS);
    expect(looks).toBeGreaterThan(0);
    await node.wait(0);
    await node.wait(LOOK_MS);
    expect(node.table()).toEqual(GONE);
  },
};

/** All of them. */
export const drainCases: readonly ConformanceCase[] = [...single, race];
