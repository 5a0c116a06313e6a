/** The addresses of a Service: which are served here, and which are bound. */
import { describe, expect, test } from "vitest";
import type { NodeView } from "../../../src/model/cluster.ts";
import { planService } from "../../../src/plan/service.ts";
import { filterOf, findingsOf, tableOf } from "./plan-text.ts";
import { endpoint, HTTP, NODE, planInput, service, slice } from "./samples.ts";

const EXTERNAL = "192.0.2.50";

function planOf(parts: Parameters<typeof service>[0], node: Partial<NodeView> = {}) {
  return planService(planInput({ service: service(parts), node: { ...NODE, ...node } }));
}

test("external and load-balancer addresses are served on the Service port, masqueraded and bound", () => {
  const plan = planOf({ externalAddresses: [EXTERNAL], loadBalancerAddresses: ["192.0.2.60"] });
  expect(tableOf(plan)).toEqual([
    "tcp/10.96.0.10:80 -> 10.1.0.1:8080",
    "tcp/192.0.2.50:80 -> 10.1.0.1:8080",
    "tcp/192.0.2.60:80 -> 10.1.0.1:8080",
  ]);
  expect([...plan.addresses].sort()).toEqual(["10.96.0.10", "192.0.2.50", "192.0.2.60"]);
  expect(filterOf(plan)).toEqual([
    "ip masqueraded { 192.0.2.50 . tcp . 80 }",
    "ip masqueraded { 192.0.2.60 . tcp . 80 }",
  ]);
  expect(plan.findings).toEqual([]);
});

test("all frontends of a port share one map of destinations and one object of settings", () => {
  const { virtualServices } = planOf({ externalAddresses: [EXTERNAL] });
  expect(new Set(virtualServices.map(({ destinations }) => destinations)).size).toBe(1);
  expect(new Set(virtualServices.map(({ service }) => service.settings)).size).toBe(1);
});

describe("an address that a node must not take", () => {
  test.each`
    address              | why
    ${"127.0.0.1"}       | ${"a loopback address"}
    ${"224.0.0.1"}       | ${"a multicast address"}
    ${"169.254.1.1"}     | ${"a link-local address"}
    ${"0.0.0.0"}         | ${"an address of no host (0.0.0.0/8)"}
    ${"255.255.255.255"} | ${"the broadcast address"}
    ${"198.51.100.2"}    | ${"an address of the node node-b"}
    ${"198.51.100.9"}    | ${"an address of the API server"}
  `("$address, $why, is neither served nor bound, in any field", ({ address, why }) => {
    const takenAddresses = new Map([
      ["198.51.100.2", "an address of the node node-b"],
      ["198.51.100.9", "an address of the API server"],
    ]);
    const fields = [
      ["spec.externalIPs", { externalAddresses: [address] }],
      ["status.loadBalancer.ingress", { loadBalancerAddresses: [address] }],
    ] as const;
    for (const [field, parts] of fields) {
      const plan = planOf(parts, { takenAddresses });
      expect(plan.virtualServices.map(({ id }) => id)).toEqual(["tcp/10.96.0.10:80"]);
      expect(plan.addresses).toEqual(["10.96.0.10"]);
      expect(plan.findings).toMatchObject([
        { severity: "warning", field, message: expect.stringContaining(`${address} is ${why},`) },
      ]);
    }
  });

  test("a cluster address is held to the same", () => {
    const takenAddresses = new Map([["10.96.0.10", "an address of the node node-b"]]);
    const plan = planOf({}, { takenAddresses });
    expect(plan).toMatchObject({ virtualServices: [], addresses: [] });
    expect(findingsOf(plan)).toEqual(["warning address-taken spec.clusterIPs"]);
  });
});

describe("where this node reaches the API server", () => {
  const serverAddresses = new Set([EXTERNAL, "10.96.0.10"]);

  test.for(["externalAddresses", "loadBalancerAddresses"] as const)(
    "is no address of %s",
    (field) => {
      const plan = planOf({ [field]: [EXTERNAL] }, { serverAddresses });
      expect(plan.addresses).toEqual(["10.96.0.10"]);
      expect(plan.findings).toMatchObject([
        {
          severity: "warning",
          reason: "address-taken",
          message:
            "192.0.2.50 is an address of the API server, and a node must not take it for a Service. " +
            "Nothing is made for it.",
        },
      ]);
    },
  );

  test("may be a cluster address, as a pod's own is", () => {
    const plan = planOf({}, { serverAddresses });
    expect(plan).toMatchObject({ addresses: ["10.96.0.10"], findings: [] });
  });
});

describe("while the other nodes are not known", () => {
  const awaitsPeers = true;

  test("external and load-balancer addresses wait, and are told as a fact", () => {
    const parts = { externalAddresses: [EXTERNAL], loadBalancerAddresses: ["198.51.100.1"] };
    const plan = planOf(parts, { awaitsPeers });
    expect(plan.addresses).toEqual(["10.96.0.10"]);
    expect(tableOf(plan)).toHaveLength(1);
    expect(findingsOf(plan)).toEqual([
      "info address-waits status.loadBalancer.ingress",
      "info address-waits spec.externalIPs",
    ]);
  });

  test("one of this node is served", () => {
    const plan = planOf(
      { externalAddresses: [EXTERNAL] },
      { awaitsPeers, ownAddresses: new Set([EXTERNAL]) },
    );
    expect(tableOf(plan)).toHaveLength(2);
  });
});

describe("an address that this node has on another interface", () => {
  const ownAddresses = new Set([EXTERNAL]);

  test("is served and not bound, and told as a fact", () => {
    const plan = planOf({ externalAddresses: [EXTERNAL] }, { ownAddresses });
    expect(tableOf(plan)).toContain("tcp/192.0.2.50:80 -> 10.1.0.1:8080");
    expect(plan.addresses).toEqual(["10.96.0.10"]);
    expect(plan.findings.map(({ severity, message }) => `${severity}: ${message}`)).toEqual([
      "info: 192.0.2.50 is an address of this node: it is served, and not bound to kube-ipvs0.",
    ]);
  });

  test("is served even where the API server has it too", () => {
    const takenAddresses = new Map([[EXTERNAL, "an address of the API server"]]);
    const plan = planOf({ externalAddresses: [EXTERNAL] }, { ownAddresses, takenAddresses });
    expect(tableOf(plan)).toHaveLength(2);
  });

  test("is bound once the interface no longer has it", () => {
    expect(planOf({ externalAddresses: [EXTERNAL] }).addresses).toEqual(["10.96.0.10", EXTERNAL]);
  });
});

describe("--external-ip-cidrs", () => {
  const allowed = (externalRanges: readonly string[], parts: Parameters<typeof service>[0]) => {
    const input = planInput({ service: service(parts) });
    return planService({ ...input, options: { ...input.options, externalRanges } });
  };

  test("an external address outside of the ranges is refused with a warning, one inside is served", () => {
    const plan = allowed(["192.0.2.0/25"], { externalAddresses: ["192.0.2.50", "192.0.2.200"] });
    expect(plan.addresses).toEqual(["10.96.0.10", "192.0.2.50"]);
    expect(plan.findings).toMatchObject([
      {
        severity: "warning",
        reason: "address-not-allowed",
        field: "spec.externalIPs",
        message:
          "192.0.2.200 is outside of the allowed ranges (192.0.2.0/25). Nothing is made for it.",
      },
    ]);
  });

  test("ranges of one family allow none of the other", () => {
    const parts = {
      clusterAddresses: ["10.96.0.10", "fd00:96::a"],
      externalAddresses: ["192.0.2.50", "2001:db8::50"],
    };
    const { addresses } = allowed(["192.0.2.0/24"], parts);
    expect(addresses).toEqual(["10.96.0.10", "fd00:96::a", "192.0.2.50"]);
  });

  test("load-balancer addresses are not limited: users cannot write them", () => {
    const parts = { loadBalancerAddresses: ["198.51.100.1"] };
    expect(allowed(["192.0.2.0/24"], parts).addresses).toContain("198.51.100.1");
  });
});

describe("families", () => {
  test("an external address of a family without cluster address is told and left out", () => {
    const plan = planOf({ externalAddresses: ["2001:db8::50"] });
    expect(tableOf(plan)).toHaveLength(1);
    expect(findingsOf(plan)).toEqual(["warning bad-address spec.externalIPs"]);
  });

  test("a load-balancer address of such a family is left out in silence", () => {
    const plan = planOf({ loadBalancerAddresses: ["2001:db8::50"] });
    expect(tableOf(plan)).toHaveLength(1);
    expect(plan.findings).toEqual([]);
  });

  test.each([[["10.96.0.10", "fd00:96::a"]], [["fd00:96::a", "10.96.0.10"]]])(
    "both are planned, each with its own endpoints, in the order %j",
    (clusterAddresses) => {
      const plan = planService(
        planInput({
          service: service({
            clusterAddresses,
            externalAddresses: [EXTERNAL, "2001:db8::50"],
            ports: [{ ...HTTP, nodePort: 30_080 }],
          }),
          slices: [
            slice([endpoint("10.1.0.1")]),
            slice([endpoint("fd00:1::1")], { name: "shop/web-2" }),
          ],
          node: { ...NODE, nodePortAddresses: ["198.51.100.1", "2001:db8::1"] },
        }),
      );
      expect(tableOf(plan)).toEqual([
        "tcp/10.96.0.10:80 -> 10.1.0.1:8080",
        "tcp/192.0.2.50:80 -> 10.1.0.1:8080",
        "tcp/198.51.100.1:30080 -> 10.1.0.1:8080",
        "tcp/[2001:db8::1]:30080 -> [fd00:1::1]:8080",
        "tcp/[2001:db8::50]:80 -> [fd00:1::1]:8080",
        "tcp/[fd00:96::a]:80 -> [fd00:1::1]:8080",
      ]);
    },
  );
});

test("an address in two fields is served once: cluster, load balancer, external, in this order", () => {
  const plan = planOf({
    externalAddresses: ["10.96.0.10", "192.0.2.60", EXTERNAL],
    loadBalancerAddresses: ["10.96.0.10", "192.0.2.60"],
  });
  expect(plan.virtualServices.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
    "tcp/10.96.0.10:80 cluster",
    "tcp/192.0.2.60:80 load-balancer",
    "tcp/192.0.2.50:80 external",
  ]);
  expect(plan.findings).toEqual([]);
});
