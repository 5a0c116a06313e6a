/** Which endpoints of a Service port are used. */
import { describe, expect, test } from "vitest";
import { garbageCollector } from "../../../src/base/small-heap.ts";
import { type EndpointSlice, type NodeView, unknownNode } from "../../../src/model/cluster.ts";
import { PortEndpoints } from "../../../src/plan/endpoints.ts";
import { endpoint, HTTP, NODE, slice } from "./samples.ts";

function choose(slices: readonly EndpointSlice[], node: NodeView = NODE) {
  const { destinations, lingering } = new PortEndpoints(HTTP, "ipv4", { slices, node }).cluster;
  return { used: [...destinations.keys()].sort(), lingering: [...lingering].sort() };
}

const READY = {};
const NOT_READY = { ready: false, serving: false };
const TERMINATING = { ready: false, serving: true, terminating: true };
const DEAD = { ready: false, serving: false, terminating: true };
/** As with publishNotReadyAddresses. */
const READY_TERMINATING = { ready: true, serving: true, terminating: true };

describe("conditions", () => {
  test.each`
    first                | second         | used
    ${READY}             | ${READY}       | ${[1, 2]}
    ${READY}             | ${NOT_READY}   | ${[1]}
    ${READY}             | ${TERMINATING} | ${[1]}
    ${READY_TERMINATING} | ${TERMINATING} | ${[1]}
    ${NOT_READY}         | ${TERMINATING} | ${[2]}
    ${TERMINATING}       | ${TERMINATING} | ${[1, 2]}
    ${DEAD}              | ${TERMINATING} | ${[2]}
    ${NOT_READY}         | ${DEAD}        | ${[]}
  `("of $first and $second endpoints $used are used, the rest lingers", (row) => {
    const both = [1, 2].map((number) => `10.1.0.${number}:8080`);
    const used = row.used.map((number: number) => `10.1.0.${number}:8080`);
    expect(
      choose([slice([endpoint("10.1.0.1", row.first), endpoint("10.1.0.2", row.second)])]),
    ).toEqual({ used, lingering: both.filter((id) => !used.includes(id)) });
  });
});

describe("duplicates", () => {
  test.each`
    one            | other          | used
    ${READY}       | ${READY}       | ${true}
    ${READY}       | ${NOT_READY}   | ${true}
    ${READY}       | ${TERMINATING} | ${true}
    ${READY}       | ${DEAD}        | ${true}
    ${NOT_READY}   | ${TERMINATING} | ${false}
    ${TERMINATING} | ${DEAD}        | ${true}
  `("one address that is $one here and $other there is used: $used", ({ one, other, used }) => {
    const slices = [
      slice([endpoint("10.1.0.1", one)]),
      slice([endpoint("10.1.0.1", other)], { name: "shop/web-2" }),
    ];
    const expected = used ? ["10.1.0.1:8080"] : [];
    expect(choose(slices).used).toEqual(expected);
    expect(choose(slices.reverse()).used).toEqual(expected);
  });

  test("one address with two numbers of the port is two destinations", () => {
    const other = slice([endpoint("10.1.0.1")], {
      ports: [{ name: "http", protocol: "tcp", port: 9090 }],
    });
    expect(choose([slice([endpoint("10.1.0.1")]), other]).used).toEqual([
      "10.1.0.1:8080",
      "10.1.0.1:9090",
    ]);
  });
});

describe("ports", () => {
  test.each`
    name       | protocol | used
    ${"http"}  | ${"tcp"} | ${1}
    ${"http"}  | ${"udp"} | ${0}
    ${"https"} | ${"tcp"} | ${0}
    ${""}      | ${"tcp"} | ${0}
  `(
    "a slice port named '$name' of $protocol gives $used destinations",
    ({ name, protocol, used }) => {
      const only = slice([endpoint("10.1.0.1")], { ports: [{ name, protocol, port: 8080 }] });
      expect(choose([only]).used).toHaveLength(used);
    },
  );

  test("slices of the other family are not looked at", () => {
    expect(choose([slice([endpoint("fd00:1::1")])]).used).toEqual([]);
  });
});

describe("topology hints", () => {
  const east = { zoneHints: ["east"] };
  const west = { zoneHints: ["west"] };
  const here = { zoneHints: ["west"], nodeHints: ["node-a"] };
  const there = { zoneHints: ["east"], nodeHints: ["node-b"] };
  const unready = { ...west, ...NOT_READY };

  test.each`
    why                                              | first                          | second                   | zone       | used
    ${"those of the node's zone"}                    | ${east}                        | ${west}                  | ${"east"}  | ${[1]}
    ${"all when none is for the zone"}               | ${east}                        | ${west}                  | ${"north"} | ${[1, 2]}
    ${"all when one has no hint"}                    | ${east}                        | ${{}}                    | ${"east"}  | ${[1, 2]}
    ${"all when the node has no zone"}               | ${east}                        | ${west}                  | ${""}      | ${[1, 2]}
    ${"those of the node before those of its zone"}  | ${here}                        | ${there}                 | ${"east"}  | ${[1]}
    ${"those of the zone when none is for the node"} | ${there}                       | ${{ ...there, ...west }} | ${"east"}  | ${[1]}
    ${"those of the zone when one has no node hint"} | ${here}                        | ${east}                  | ${"east"}  | ${[2]}
    ${"hints of unready ones do not count"}          | ${east}                        | ${{ ...NOT_READY }}      | ${"east"}  | ${[1]}
    ${"no hint hides the last serving one"}          | ${{ ...west, ...TERMINATING }} | ${unready}               | ${"east"}  | ${[1]}
  `("$why", ({ first, second, zone, used }) => {
    const slices = [slice([endpoint("10.1.0.1", first), endpoint("10.1.0.2", second)])];
    expect(choose(slices, { ...NODE, zone }).used).toEqual(
      used.map((number: number) => `10.1.0.${number}:8080`),
    );
  });
});

test("a special address is refused with its slice, and is no destination", () => {
  const slices = [slice([endpoint("10.1.0.1"), endpoint("127.0.0.1")])];
  const chosen = new PortEndpoints(HTTP, "ipv4", { slices, node: NODE });
  expect([...chosen.cluster.destinations.keys()]).toEqual(["10.1.0.1:8080"]);
  expect(chosen.refused).toEqual([
    { slice: "shop/web-1", address: "127.0.0.1", why: "a loopback address" },
  ]);
});

test("each of three endpoints is the last one, where rr begins, on about a third of the nodes", () => {
  const slices = [slice([endpoint("10.1.0.1"), endpoint("10.1.0.2"), endpoint("10.1.0.3")])];
  const last = new Map<string, number>();
  for (let number = 0; number < 300; number++) {
    const node = unknownNode(`node-${number}`);
    const { destinations } = new PortEndpoints(HTTP, "ipv4", { slices, node }).cluster;
    const id = [...destinations.keys()].at(-1) ?? "";
    last.set(id, (last.get(id) ?? 0) + 1);
  }
  expect(last.size).toBe(3);
  for (const count of last.values()) expect(count).toBeGreaterThan(60);
});

describe("the endpoints of policy Local", () => {
  const HERE = { nodeName: NODE.name };
  const THERE = { nodeName: "node-b" };
  const here = (parts: object) => ({ ...HERE, ...parts });
  const hinted = { ...HERE, zoneHints: ["west"] };

  test.each`
    why                                                 | first                | second               | used      | isServed
    ${"are those of this node"}                         | ${HERE}              | ${THERE}             | ${[1]}    | ${true}
    ${"are none where all are elsewhere"}               | ${THERE}             | ${THERE}             | ${[]}     | ${true}
    ${"are none where none is anywhere"}                | ${here(NOT_READY)}   | ${here(DEAD)}        | ${[]}     | ${false}
    ${"of no node's name are not of this one"}          | ${{}}                | ${{}}                | ${[]}     | ${true}
    ${"that are ready go before those that terminate"}  | ${HERE}              | ${here(TERMINATING)} | ${[1]}    | ${true}
    ${"that terminate serve, also while others are up"} | ${here(TERMINATING)} | ${THERE}             | ${[1]}    | ${true}
    ${"that are ready elsewhere leave none here"}       | ${here(NOT_READY)}   | ${THERE}             | ${[]}     | ${true}
    ${"do not follow hints"}                            | ${hinted}            | ${{ ...hinted }}     | ${[1, 2]} | ${true}
  `("$why", ({ first, second, used, isServed }) => {
    const slices = [slice([endpoint("10.1.0.1", first), endpoint("10.1.0.2", second)])];
    const endpoints = new PortEndpoints(HTTP, "ipv4", { slices, node: NODE });
    const ids = [1, 2].map((number) => `10.1.0.${number}:8080`);
    const expected = used.map((number: number) => `10.1.0.${number}:8080`);
    const { destinations, lingering } = endpoints.local;
    expect([...destinations.keys()].sort()).toEqual(expected);
    expect([...lingering].sort()).toEqual(ids.filter((id) => !expected.includes(id)));
    expect(endpoints.isServed).toBe(isServed);
  });

  test("are chosen once, however many frontends ask", () => {
    const slices = [slice([endpoint("10.1.0.1", HERE)])];
    const endpoints = new PortEndpoints(HTTP, "ipv4", { slices, node: NODE });
    expect(endpoints.local).toBe(endpoints.local);
    expect(endpoints.cluster).toBe(endpoints.cluster);
  });
});

test("every endpoint on this node is known by its address once, used or not", () => {
  const slices = [
    slice([
      endpoint("10.1.0.1", { nodeName: NODE.name }),
      endpoint("10.1.0.2", { nodeName: NODE.name, ...DEAD }),
      endpoint("10.1.0.3", { nodeName: "node-b" }),
    ]),
    slice([endpoint("10.1.0.1", { nodeName: NODE.name })], {
      name: "shop/web-2",
      ports: [{ name: "http", protocol: "tcp", port: 9090 }],
    }),
  ];
  const { addressesHere } = new PortEndpoints(HTTP, "ipv4", { slices, node: NODE });
  expect([...addressesHere].sort()).toEqual(["10.1.0.1", "10.1.0.2"]);
});

describe("a Service with many slices", () => {
  const sizes = [3, 4, 5, 2, 1];
  const parts = sizes.map((size, part) =>
    slice(
      Array.from({ length: size }, (_, index) => endpoint(`10.7.${part}.${index + 1}`)),
      { name: `shop/web-${part}` },
    ),
  );
  const idsOf = (slices: readonly EndpointSlice[]): string[] => [
    ...new PortEndpoints(HTTP, "ipv4", { slices, node: NODE }).cluster.destinations.keys(),
  ];
  const orderOf = (slices: readonly EndpointSlice[]): string[] => {
    const all = slices.flatMap(({ endpoints }) => endpoints);
    return idsOf([slice(all, { name: "shop/one" })]);
  };

  test("has the order of one slice that holds them all", () => {
    expect(idsOf(parts)).toEqual(orderOf(parts));
    expect(idsOf(parts)).toHaveLength(15);
  });

  test("sees a slice that was replaced, and tells nodes and ports apart", () => {
    const changed = parts.with(1, slice([endpoint("10.7.1.9")], { name: "shop/web-1" }));
    expect(idsOf(changed)).toEqual(orderOf(changed));
    const other = { ...NODE, name: "another" };
    const there = new PortEndpoints(HTTP, "ipv4", { slices: parts, node: other });
    expect([...there.cluster.destinations.keys()]).not.toEqual(idsOf(parts));
    expect([...there.cluster.destinations.keys()].sort()).toEqual(idsOf(parts).sort());
  });

  test("still says which endpoints it refuses, each time", () => {
    const special = parts.with(0, slice([endpoint("127.0.0.1")], { name: "shop/web-0" }));
    for (let i = 0; i < 2; i++) {
      const { refused } = new PortEndpoints(HTTP, "ipv4", { slices: special, node: NODE });
      expect(refused.map(({ address }) => address)).toEqual(["127.0.0.1"]);
    }
  });
});

test("a Service that has few slices again keeps none of its former endpoints", async () => {
  const collect = garbageCollector();
  const port = { ...HTTP };
  const plan = (count: number): WeakRef<EndpointSlice> => {
    const slices = Array.from({ length: count }, (_, index) =>
      slice([endpoint(`10.9.${index}.1`)], { name: `shop/web-${index}` }),
    );
    void new PortEndpoints(port, "ipv4", { slices, node: NODE }).cluster;
    return new WeakRef(slices[0] as EndpointSlice);
  };
  const many = plan(8);
  plan(1);
  // A WeakRef is alive until the end of the task that made it.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  expect(many.deref()).toBeUndefined();
});
