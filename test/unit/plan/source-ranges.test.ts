/** `spec.loadBalancerSourceRanges`: who may use the load-balancer addresses. */
import { describe, expect, test } from "vitest";
import type { NodeView, Service } from "../../../src/model/cluster.ts";
import { planService } from "../../../src/plan/service.ts";
import { sourceRangesOf } from "../../../src/plan/source-ranges.ts";
import { filterOf } from "./plan-text.ts";
import { HTTP, NODE, planInput, service } from "./samples.ts";

const NODE_INSIDE = { ...NODE, primaryAddresses: ["10.0.0.5", "fd00::5"] };

function rangesOf(ranges: readonly string[], family: "ipv4" | "ipv6", node: NodeView = NODE) {
  return sourceRangesOf(service({ loadBalancerSourceRanges: ranges }), family, node);
}

test("without ranges everybody may", () => {
  expect(rangesOf([], "ipv4")).toBeUndefined();
});

test.each`
  ranges                           | why
  ${["0.0.0.0/0"]}                 | ${"a range that is the whole family"}
  ${["10.0.0.0/8", " 0.0.0.0/0 "]} | ${"such a range among others"}
  ${["10.0.0.0/0"]}                | ${"bits behind the prefix, which do not count"}
`("$ranges lets everybody of the family in: $why", ({ ranges }) => {
  expect(rangesOf(ranges, "ipv4")).toBeUndefined();
  expect(rangesOf(ranges, "ipv6")).toEqual({
    verdict: "drop",
    chain: undefined,
    closedToNode: true,
  });
});

test("ranges of the other family alone let nobody of this one in", () => {
  expect(rangesOf(["fd00::/8"], "ipv4")).toEqual({
    verdict: "drop",
    chain: undefined,
    closedToNode: true,
  });
});

describe("the chain", () => {
  test("has the ranges of its family in their simplest form", () => {
    const ranges = ["192.0.2.0/24", "fd00::/8", " 10.1.2.3/8 ", "10.9.0.0/16", "192.0.2.0/24"];
    expect(rangesOf(ranges, "ipv4")?.chain?.ranges).toEqual(["10.0.0.0/8", "192.0.2.0/24"]);
    expect(rangesOf(ranges, "ipv6")?.chain?.ranges).toEqual(["fd00::/8"]);
  });

  test("is named by what it lets through, whatever the order it is written in", () => {
    const one = rangesOf(["10.0.0.0/8", "192.0.2.0/24"], "ipv4")?.chain;
    const same = rangesOf(["192.0.2.0/24", "10.0.0.0/8", "10.1.0.0/16"], "ipv4")?.chain;
    const other = rangesOf(["10.0.0.0/8", "192.0.2.0/25"], "ipv4")?.chain;
    expect(same).toEqual(one);
    expect(other?.name).not.toBe(one?.name);
    expect(one?.name).toMatch(/^sources-[0-9a-f]{16}$/);
  });
});

test.each`
  ranges                            | closed
  ${["10.0.0.0/8"]}                 | ${false}
  ${["10.0.0.5/32"]}                | ${false}
  ${["192.0.2.0/24"]}               | ${true}
  ${["192.0.2.0/24", "fd00::/8"]}   | ${true}
  ${["192.0.2.0/24", "10.0.0.0/8"]} | ${false}
`("$ranges keep the node 10.0.0.5 out: $closed", ({ ranges, closed }) => {
  expect(rangesOf(ranges, "ipv4", NODE_INSIDE)?.closedToNode).toBe(closed);
});

describe("in a plan", () => {
  const parts: Partial<Service> = {
    type: "LoadBalancer",
    loadBalancerAddresses: ["192.0.2.60"],
    externalAddresses: ["192.0.2.50"],
    ports: [{ ...HTTP, nodePort: 30_080 }],
    loadBalancerSourceRanges: ["10.0.0.0/8"],
  };
  const filter = (node: NodeView, more: Partial<Service> = {}) =>
    filterOf(planService(planInput({ service: service({ ...parts, ...more }), node })));

  test("only the load-balancer address is guarded", () => {
    const found = filter({ ...NODE_INSIDE, nodePortAddresses: ["10.0.0.5"] });
    const name = rangesOf(["10.0.0.0/8"], "ipv4")?.chain?.name;
    expect(found).toEqual([
      `ip chain ${name} { 10.0.0.0/8 }`,
      "ip masqueraded { 192.0.2.50 . tcp . 80 }",
      "ip masqueraded { 192.0.2.60 . tcp . 80 }",
      "ip node-port-masqueraded { tcp . 30080 }",
      `ip source-ranges { 192.0.2.60 . tcp . 80 : jump ${name} }`,
    ]);
  });

  test("a node outside of the ranges is kept out as well", () => {
    expect(filter(NODE)).toContain("ip closed-to-node { 192.0.2.60 . tcp . 80 }");
    expect(filter(NODE_INSIDE)).not.toContain("ip closed-to-node { 192.0.2.60 . tcp . 80 }");
  });

  test("nobody may where all ranges are of the other family", () => {
    expect(filter(NODE, { loadBalancerSourceRanges: ["fd00::/8"] })).toContain(
      "ip source-ranges { 192.0.2.60 . tcp . 80 : drop }",
    );
  });
});
