/** What all plans together ask of the packet filter and of health checks, and what is counted of them. */
import { describe, expect, test } from "vitest";
import type { Family } from "../../../src/model/address.ts";
import { type FilterObject, filterObjectId } from "../../../src/model/packet-filter.ts";
import { filtersOf } from "../../../src/plan/filters-of.ts";
import { PlanIndex } from "../../../src/plan/index-of-plans.ts";
import { plan, planned, tcp } from "./samples.ts";

const KEY = tcp("10.96.0.10", 80);

function indexOf(...plans: readonly ReturnType<typeof plan>[]): PlanIndex {
  const index = new PlanIndex();
  for (const one of plans) index.set(one.name, one);
  return index;
}

describe("packet filter objects", () => {
  const object = (key: string): FilterObject => ({
    kind: "element",
    family: "ipv4",
    set: "hairpin",
    key,
    value: "",
  });
  const SHARED = object("10.1.0.1 . 10.1.0.1");
  const needing = (
    name: string,
    elements: readonly FilterObject[],
    parts: { readonly createdMs?: number; readonly port?: number } = {},
  ) => {
    const key = tcp("10.96.0.10", parts.port ?? 80);
    return plan(name, [planned(key, [], { elements })], { createdMs: parts.createdMs ?? 0 });
  };

  test("that several need go with the last of them", () => {
    const index = indexOf(needing("shop/a", [SHARED]), needing("shop/b", [SHARED], { port: 81 }));
    const id = filterObjectId(SHARED);
    index.set("shop/a", undefined);
    expect(index.wantsFilter(id)).toEqual(SHARED);
    index.set("shop/b", undefined);
    expect(index.wantsFilter(id)).toBeUndefined();
    expect(index.takeDirty().filters.has(id)).toBe(true);
  });

  test("of a virtual service that another Service holds are not wanted until it is taken over", () => {
    const mine = object("10.1.0.2 . 10.1.0.2");
    const index = indexOf(
      needing("shop/a", [SHARED], { createdMs: 1 }),
      needing("shop/b", [mine], { createdMs: 2 }),
    );
    expect(index.wantsFilter(filterObjectId(mine))).toBeUndefined();
    index.takeDirty();
    index.set("shop/a", undefined);
    expect(index.wantsFilter(filterObjectId(mine))).toEqual(mine);
    expect(index.wantsFilter(filterObjectId(SHARED))).toBeUndefined();
    const { filters } = index.takeDirty();
    expect(filters.has(filterObjectId(mine)) && filters.has(filterObjectId(SHARED))).toBe(true);
  });

  test("name every wanted address, without being planned", () => {
    const index = indexOf(needing("shop/a", []), plan("shop/b", [planned(tcp("fd00::a", 80), [])]));
    expect([...index.takeDirty().filters].sort()).toEqual([
      "ip service-addresses { 10.96.0.10 }",
      "ip6 service-addresses { fd00::a }",
    ]);
    expect(index.wantsFilter("ip6 service-addresses { fd00::a }")).toEqual({
      kind: "element",
      family: "ipv6",
      set: "service-addresses",
      key: "fd00::a",
      value: "",
    });
    expect(index.wantsFilter("ip service-addresses { 10.96.0.99 }")).toBeUndefined();
  });

  test("that no Service asks for are replaced as a whole", () => {
    const index = new PlanIndex();
    const [one, other] = [object("10.1.0.8"), object("10.1.0.9")];
    index.useOutsidePlans([one]);
    index.useOutsidePlans([other]);
    expect(index.wantsFilter(filterObjectId(one))).toBeUndefined();
    expect(index.wantsFilter(filterObjectId(other))).toEqual(other);
  });

  test("are all looked at when everything is", () => {
    const index = indexOf(needing("shop/a", [SHARED]));
    index.takeDirty();
    index.markAllDirty();
    expect([...index.takeDirty().filters].sort()).toEqual([
      filterObjectId(SHARED),
      "ip service-addresses { 10.96.0.10 }",
    ]);
  });

  test("of one plan are known by their ids, to be written before all others", () => {
    expect([...filtersOf(needing("shop/a", [SHARED]))].sort()).toEqual([
      filterObjectId(SHARED),
      "ip service-addresses { 10.96.0.10 }",
    ]);
  });
});

describe("health checks", () => {
  const checked = (name: string, createdMs: number, localEndpoints: number) =>
    plan(name, [], { createdMs, healthCheck: { port: 32_000, localEndpoints } });

  test("of one port are the older Service's, and the other one is told", () => {
    const index = indexOf(checked("shop/a", 2, 5), checked("shop/b", 1, 3));
    expect([...index.healthChecks()]).toEqual([
      { port: 32_000, localEndpoints: 3, owner: "shop/b" },
    ]);
    expect(index.findings("shop/b")).toEqual([]);
    expect(index.findings("shop/a")).toMatchObject([
      { reason: "conflict", field: "spec.healthCheckNodePort" },
    ]);
    expect([...index.takeReassigned()]).toEqual(["shop/b", "shop/a"]);
  });

  test("are told when they change, and once", () => {
    const index = indexOf(checked("shop/a", 1, 5));
    expect(index.takeChangedHealthChecks().get(32_000)?.localEndpoints).toBe(5);
    expect(index.takeChangedHealthChecks().size).toBe(0);
    index.set("shop/a", checked("shop/a", 1, 0));
    expect(index.takeChangedHealthChecks().get(32_000)?.localEndpoints).toBe(0);
    index.set("shop/a", undefined);
    expect([...index.takeChangedHealthChecks()]).toEqual([[32_000, undefined]]);
  });
});

test("Services whose policy Local finds nobody here are counted by the kind of traffic and the family", () => {
  const lacking = (name: string, internal: readonly Family[], external: readonly Family[]) =>
    plan(name, [], { noLocalEndpoints: { internal, external } });
  const first = lacking("shop/a", ["ipv4"], ["ipv4", "ipv6"]);
  const index = indexOf(first, lacking("shop/b", [], ["ipv6"]));
  expect(index.noLocalEndpoints()).toEqual({
    internal: { ipv4: 1, ipv6: 0 },
    external: { ipv4: 1, ipv6: 2 },
  });
  index.set("shop/a", lacking("shop/a", [], ["ipv4"]));
  index.set("shop/b", undefined);
  expect(index.noLocalEndpoints()).toEqual({
    internal: { ipv4: 0, ipv6: 0 },
    external: { ipv4: 1, ipv6: 0 },
  });
});

test.each([
  ["cluster", "spec.clusterIPs"],
  ["external", "spec.externalIPs"],
  ["load-balancer", "status.loadBalancer.ingress"],
  ["node-port", "spec.ports[*].nodePort"],
] as const)("a lost %s frontend is told of by its field %s", (kind, field) => {
  const wish = (name: string) => plan(name, [planned(KEY, [], { kind })]);
  const index = indexOf(wish("shop/a"), wish("shop/b"));
  expect(index.findings("shop/b")).toMatchObject([{ reason: "conflict", field }]);
});
