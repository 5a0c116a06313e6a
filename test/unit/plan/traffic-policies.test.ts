/** Which endpoints each frontend gets under the policies Cluster and Local, and what becomes of the rest. */
import { describe, expect, test } from "vitest";
import type { Endpoint, NodeView, Service } from "../../../src/model/cluster.ts";
import { planService } from "../../../src/plan/service.ts";
import { filterOf, findingsOf, tableOf } from "./plan-text.ts";
import { endpoint, HTTP, NODE, planInput, SETTINGS, service, slice } from "./samples.ts";

const HERE = endpoint("10.1.0.1", { nodeName: NODE.name });
const THERE = endpoint("10.1.0.2", { nodeName: "node-b" });
const EXTERNAL = "192.0.2.50";
const MARK = "mark/1795162113/ipv4";

function planOf(
  parts: Partial<Service>,
  endpoints: readonly Endpoint[],
  node: Partial<NodeView> = {},
) {
  return planService(
    planInput({
      service: service(parts),
      slices: [slice(endpoints, { family: "ipv4" })],
      node: { ...NODE, ...node },
    }),
  );
}

describe("internalTrafficPolicy Local", () => {
  const LOCAL = { internalTrafficPolicy: "Local" } as const;

  test("leaves the cluster address the endpoints of this node", () => {
    const plan = planOf(LOCAL, [HERE, THERE]);
    expect(tableOf(plan)).toEqual(["tcp/10.96.0.10:80 -> 10.1.0.1:8080"]);
    expect(plan.noLocalEndpoints).toEqual({ internal: [], external: [] });
  });

  test("drops where endpoints are only elsewhere", () => {
    const plan = planOf(LOCAL, [THERE]);
    expect(tableOf(plan)).toEqual(["tcp/10.96.0.10:80 ->"]);
    expect(filterOf(plan)).toEqual(["ip no-endpoints { 10.96.0.10 . tcp . 80 : drop }"]);
    expect(plan.noLocalEndpoints).toEqual({ internal: ["ipv4"], external: [] });
    expect(findingsOf(plan)).toEqual(["info no-local-endpoints spec.internalTrafficPolicy"]);
  });

  test("refuses where there is none at all", () => {
    const plan = planOf(LOCAL, []);
    expect(filterOf(plan)).toEqual(["ip no-endpoints { 10.96.0.10 . tcp . 80 : goto refuse }"]);
    expect(plan.noLocalEndpoints).toEqual({ internal: [], external: [] });
  });

  test("holds too where the Service can be reached from outside, whose traffic goes anywhere", () => {
    const plan = planOf({ ...LOCAL, externalAddresses: [EXTERNAL] }, [THERE]);
    expect(tableOf(plan)).toEqual(["tcp/10.96.0.10:80 ->", "tcp/192.0.2.50:80 -> 10.1.0.2:8080"]);
  });
});

describe("externalTrafficPolicy Local", () => {
  const LOCAL = {
    type: "LoadBalancer",
    externalTrafficPolicy: "Local",
    loadBalancerAddresses: [EXTERNAL],
    ports: [{ ...HTTP, nodePort: 30_080 }],
  } as const;
  const node = { nodePortAddresses: ["198.51.100.1"] };

  test("gives the outside the endpoints of this node, and clients in the cluster all by a mark", () => {
    const plan = planOf(LOCAL, [HERE, THERE], node);
    expect(tableOf(plan)).toEqual([
      `${MARK} -> 10.1.0.1:8080 10.1.0.2:8080`,
      "tcp/10.96.0.10:80 -> 10.1.0.1:8080 10.1.0.2:8080",
      "tcp/192.0.2.50:80 -> 10.1.0.1:8080",
      "tcp/198.51.100.1:30080 -> 10.1.0.1:8080",
    ]);
    expect(filterOf(plan)).toEqual([
      "ip given-marks { 0x6b000001 }",
      "ip hairpin { 10.1.0.1 . 10.1.0.1 }",
      "ip keep-source { 192.0.2.50 . tcp . 80 }",
      "ip local-marks { 192.0.2.50 . tcp . 80 : 0x6b000001 }",
      "ip node-port-keep-source { tcp . 30080 }",
      "ip node-port-local-marks { tcp . 30080 : 0x6b000001 }",
    ]);
    expect(plan.addresses).toEqual(["10.96.0.10", EXTERNAL]);
    expect(plan.noLocalEndpoints).toEqual({ internal: [], external: [] });
  });

  test("the mark knows whose traffic it takes, and is settled like the other frontends", () => {
    const { virtualServices } = planOf(LOCAL, [HERE], node);
    const marked = virtualServices.find(({ id }) => id === MARK);
    expect(marked).toMatchObject({
      kind: "local-clients",
      frontends: [
        { protocol: "tcp", address: EXTERNAL, port: 80 },
        { protocol: "tcp", address: "198.51.100.1", port: 30_080 },
      ],
      service: { settings: SETTINGS },
      drainTimeoutMs: 30_000,
    });
  });

  test("drops what comes from outside where endpoints are only elsewhere; the cluster is served", () => {
    const plan = planOf(LOCAL, [THERE], node);
    expect(tableOf(plan)).toEqual([
      `${MARK} -> 10.1.0.2:8080`,
      "tcp/10.96.0.10:80 -> 10.1.0.2:8080",
      "tcp/192.0.2.50:80 ->",
      "tcp/198.51.100.1:30080 ->",
    ]);
    expect(filterOf(plan)).toEqual([
      "ip given-marks { 0x6b000001 }",
      "ip keep-source { 192.0.2.50 . tcp . 80 }",
      "ip local-marks { 192.0.2.50 . tcp . 80 : 0x6b000001 }",
      "ip no-endpoints { 192.0.2.50 . tcp . 80 : drop }",
      "ip node-port-keep-source { tcp . 30080 }",
      "ip node-port-local-marks { tcp . 30080 : 0x6b000001 }",
      "ip node-port-no-endpoints { tcp . 30080 : drop }",
    ]);
    expect(plan.noLocalEndpoints).toEqual({ internal: [], external: ["ipv4"] });
    expect(findingsOf(plan)).toEqual(["info no-local-endpoints spec.externalTrafficPolicy"]);
  });

  test("refuses everybody where there is none at all: nothing is marked", () => {
    const plan = planOf(LOCAL, [], node);
    expect(tableOf(plan)).toContain(`${MARK} ->`);
    expect(filterOf(plan)).toEqual([
      "ip keep-source { 192.0.2.50 . tcp . 80 }",
      "ip no-endpoints { 10.96.0.10 . tcp . 80 : goto refuse }",
      "ip no-endpoints { 192.0.2.50 . tcp . 80 : goto refuse }",
      "ip node-port-keep-source { tcp . 30080 }",
      "ip node-port-no-endpoints { tcp . 30080 : goto refuse }",
    ]);
  });

  test("means nothing to a Service that only the cluster can reach", () => {
    const plan = planOf({ externalTrafficPolicy: "Local" }, [THERE]);
    expect(tableOf(plan)).toEqual(["tcp/10.96.0.10:80 -> 10.1.0.2:8080"]);
  });

  test("counts for external addresses of a ClusterIP Service", () => {
    const parts = { externalTrafficPolicy: "Local", externalAddresses: [EXTERNAL] } as const;
    expect(tableOf(planOf(parts, [THERE]))).toContain("tcp/192.0.2.50:80 ->");
  });

  test("each port has a mark of its own, each family the same one", () => {
    const names: string[] = [];
    const plan = planService({
      ...planInput({
        service: service({
          ...LOCAL,
          clusterAddresses: ["10.96.0.10", "fd00:96::a"],
          loadBalancerAddresses: [EXTERNAL, "2001:db8::50"],
          ports: [HTTP, { ...HTTP, name: "dns", protocol: "udp" }],
        }),
      }),
      markOf: (name) => {
        names.push(name);
        return 0x6b000000 + names.length;
      },
    });
    expect([...new Set(names)]).toEqual(["shop/web tcp/80", "shop/web udp/80"]);
    const marks = plan.virtualServices.filter(({ kind }) => kind === "local-clients");
    expect(marks).toHaveLength(4);
  });
});

describe("endpoints that still serve while they terminate", () => {
  const TERMINATING = { ready: false, terminating: true };
  const parts = { externalAddresses: [EXTERNAL], externalTrafficPolicy: "Local" } as const;

  test("take over in each list by itself", () => {
    const plan = planOf(parts, [{ ...HERE, ...TERMINATING }, THERE]);
    expect(tableOf(plan)).toEqual([
      `${MARK} -> 10.1.0.2:8080`,
      "tcp/10.96.0.10:80 -> 10.1.0.2:8080",
      "tcp/192.0.2.50:80 -> 10.1.0.1:8080",
    ]);
  });

  test("do not serve where a ready one is", () => {
    const plan = planOf(parts, [
      HERE,
      endpoint("10.1.0.3", { ...TERMINATING, nodeName: "node-a" }),
    ]);
    expect(tableOf(plan)).toContain("tcp/192.0.2.50:80 -> 10.1.0.1:8080");
  });
});

test("no endpoints: every frontend stays, and each refuses", () => {
  const parts = { externalAddresses: [EXTERNAL], ports: [{ ...HTTP, nodePort: 30_080 }] };
  const plan = planOf(parts, [], { nodePortAddresses: ["198.51.100.1"] });
  expect(tableOf(plan)).toEqual([
    "tcp/10.96.0.10:80 ->",
    "tcp/192.0.2.50:80 ->",
    "tcp/198.51.100.1:30080 ->",
  ]);
  expect(filterOf(plan)).toEqual([
    "ip masqueraded { 192.0.2.50 . tcp . 80 }",
    "ip no-endpoints { 10.96.0.10 . tcp . 80 : goto refuse }",
    "ip no-endpoints { 192.0.2.50 . tcp . 80 : goto refuse }",
    "ip node-port-masqueraded { tcp . 30080 }",
    "ip node-port-no-endpoints { tcp . 30080 : goto refuse }",
  ]);
});

test("an endpoint of this node that reaches itself is masqueraded, whatever its state", () => {
  const dead = endpoint("10.1.0.3", {
    nodeName: NODE.name,
    ready: false,
    serving: false,
    terminating: true,
  });
  expect(filterOf(planOf({}, [HERE, THERE, dead]))).toEqual([
    "ip hairpin { 10.1.0.1 . 10.1.0.1 }",
    "ip hairpin { 10.1.0.3 . 10.1.0.3 }",
  ]);
});

describe("externalTrafficPolicy that is no longer Local", () => {
  const parts = { externalAddresses: [EXTERNAL], ports: [HTTP] } as const;

  function planWith(held: number | undefined, changed: Partial<Service> = {}) {
    return planService({
      ...planInput({ service: service({ ...parts, ...changed }), slices: [slice([HERE, THERE])] }),
      heldMarkOf: () => held,
    });
  }

  test("keeps what the kernel has of the mark, without endpoints, elements or traffic", () => {
    const { virtualServices } = planWith(0x6b000001);
    expect(virtualServices.find(({ id }) => id === MARK)).toMatchObject({
      kind: "local-clients",
      frontends: [],
      elements: [],
      destinations: new Map(),
      lingering: new Set(["10.1.0.1:8080", "10.1.0.2:8080"]),
      drainTimeoutMs: 30_000,
    });
  });

  test.each`
    what                     | held          | changed
    ${"it is not there"}     | ${undefined}  | ${{}}
    ${"it is UDP's"}         | ${0x6b000001} | ${{ ports: [{ ...HTTP, protocol: "udp" }] }}
    ${"nothing is to drain"} | ${0x6b000001} | ${{ annotations: { "kube-ipvs.io/drain-timeout": "0" } }}
    ${"there is no way in"}  | ${0x6b000001} | ${{ externalAddresses: [] }}
  `("wants nothing of it where $what", ({ held, changed }) => {
    const { virtualServices } = planWith(held, changed);
    expect(virtualServices.filter(({ kind }) => kind === "local-clients")).toEqual([]);
  });
});
