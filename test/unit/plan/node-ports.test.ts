/** On which addresses of the node a node port is served, and what it shares with other frontends. */
import { describe, expect, test } from "vitest";
import type { NodeView } from "../../../src/model/cluster.ts";
import { planService } from "../../../src/plan/service.ts";
import { filterOf, findingsOf, tableOf } from "./plan-text.ts";
import { HTTP, NODE, planInput, service } from "./samples.ts";

function planOf(parts: Parameters<typeof service>[0], node: Partial<NodeView> = {}) {
  return planService(planInput({ service: service(parts), node: { ...NODE, ...node } }));
}

describe("node ports", () => {
  const ports = [{ ...HTTP, nodePort: 30_080 }];
  const nodePortAddresses = ["198.51.100.1", "203.0.113.1", "2001:db8::1"];

  test("are a virtual service on each node address of the family, and never bound", () => {
    const plan = planOf({ ports }, { nodePortAddresses });
    expect(tableOf(plan)).toEqual([
      "tcp/10.96.0.10:80 -> 10.1.0.1:8080",
      "tcp/198.51.100.1:30080 -> 10.1.0.1:8080",
      "tcp/203.0.113.1:30080 -> 10.1.0.1:8080",
    ]);
    expect(plan.addresses).toEqual(["10.96.0.10"]);
    expect(filterOf(plan)).toEqual(["ip node-port-masqueraded { tcp . 30080 }"]);
  });

  test("without a node address are nothing, and the cluster address works", () => {
    expect(tableOf(planOf({ ports }))).toEqual(["tcp/10.96.0.10:80 -> 10.1.0.1:8080"]);
  });

  test("one number for two ports of a protocol: the first stays, the second is told", () => {
    const again = { ...HTTP, name: "again", port: 81, nodePort: 30_080 };
    const plan = planOf({ ports: [...ports, again] }, { nodePortAddresses });
    const { virtualServices } = plan;
    expect(virtualServices.filter(({ kind }) => kind === "node-port")).toMatchObject([
      { portName: "http" },
      { portName: "http" },
    ]);
    expect(plan.findings.map(({ message }) => message)).toContain(
      '30080/tcp is already the port "http" of this Service, which stays; "again" is left out.',
    );
  });

  test("an external address of this node with the node port's number is the same frontend", () => {
    const plan = planOf(
      { ports: [{ ...HTTP, port: 30_080, nodePort: 30_080 }], externalAddresses: ["198.51.100.1"] },
      { nodePortAddresses: ["198.51.100.1"], ownAddresses: new Set(["198.51.100.1"]) },
    );
    expect(plan.virtualServices.map(({ kind }) => kind)).toEqual(["cluster", "external"]);
    expect(findingsOf(plan)).toEqual(["info address-taken spec.externalIPs"]);
  });
});
