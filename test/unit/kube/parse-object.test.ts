/** EndpointSlices, Nodes, and objects that are none of ours. */
import { describe, expect, test } from "vitest";
import { accepted, parse, problemTexts, serviceJson, sliceJson } from "./samples.ts";

describe("an EndpointSlice", () => {
  test("keeps only what decides something", () => {
    const endpoints = [
      {
        addresses: ["10.0.0.1", "10.0.0.2"],
        conditions: { ready: false, serving: true, terminating: true },
        nodeName: "node-a",
        zone: "z",
        hints: { forZones: [{ name: "z" }], forNodes: [{ name: "node-a" }] },
      },
      { addresses: ["010.0.0.3"] },
    ];
    expect(accepted(sliceJson({ endpoints }))).toEqual({
      name: "shop/web-abc",
      service: "shop/web",
      triggerMs: 0,
      family: "ipv4",
      labels: {},
      ports: [{ name: "http", protocol: "tcp", port: 8080 }],
      endpoints: [
        {
          address: "10.0.0.1",
          ready: false,
          serving: true,
          terminating: true,
          nodeName: "node-a",
          zoneHints: ["z"],
          nodeHints: ["node-a"],
        },
        {
          address: "10.0.0.3",
          ready: true,
          serving: true,
          terminating: false,
          nodeName: "",
          zoneHints: [],
          nodeHints: [],
        },
      ],
    });
  });

  test("reads conditions that are null as unset", () => {
    const endpoints = [
      { addresses: ["10.0.0.1"], conditions: { ready: null, serving: null, terminating: null } },
    ];
    expect(accepted(sliceJson({ endpoints }))).toMatchObject({
      endpoints: [{ ready: true, serving: true, terminating: false }],
    });
  });

  test("leaves out ports without a number, and takes a port without a name as the unnamed one", () => {
    const ports = [
      { port: 1 },
      { name: "a", port: null },
      { name: "b", port: 0 },
      { name: null, port: 2, protocol: null },
    ];
    const value = sliceJson({ ports });
    expect(accepted(value)).toMatchObject({
      ports: [
        { name: "", protocol: "tcp", port: 1 },
        { name: "", protocol: "tcp", port: 2 },
      ],
    });
    expect(problemTexts(value)).toEqual([
      "ports[1].port: has no number: this port is ignored",
      "ports[2].port: has no number: this port is ignored",
    ]);
  });

  test("leaves out endpoints without an address", () => {
    const value = sliceJson({ endpoints: [{ addresses: [] }, { addresses: ["10.0.0.1"] }, {}] });
    expect(accepted(value)).toMatchObject({ endpoints: [{ address: "10.0.0.1" }] });
    expect(problemTexts(value)).toEqual([
      "endpoints[0].addresses: has no address: this endpoint is ignored",
      "endpoints[2].addresses: has no address: this endpoint is ignored",
    ]);
  });

  test("may have no endpoints, no ports, or 5,000 endpoints", () => {
    expect(accepted(sliceJson({ endpoints: null, ports: null }))).toMatchObject({
      endpoints: [],
      ports: [],
    });
    const endpoints = Array.from({ length: 5_000 }, (_, i) => ({
      addresses: [`10.1.${i >> 8}.${i & 255}`],
    }));
    expect((accepted(sliceJson({ endpoints })) as { endpoints: unknown[] }).endpoints).toHaveLength(
      5_000,
    );
  });

  test("of IPv6 has canonical addresses", () => {
    const value = sliceJson({ addressType: "IPv6", endpoints: [{ addresses: ["FD00:0:0::1"] }] });
    expect(accepted(value)).toMatchObject({ family: "ipv6", endpoints: [{ address: "fd00::1" }] });
  });

  test.each`
    what          | parts                      | metadata          | problem
    ${"names"}    | ${{ addressType: "FQDN" }} | ${{}}             | ${"addressType: FQDN addresses cannot be programmed: the slice is ignored"}
    ${"no label"} | ${{}}                      | ${{ labels: {} }} | ${"metadata.labels[kubernetes.io/service-name]: names no Service: the slice is ignored"}
  `("is ignored with a remark when it has $what", ({ parts, metadata, problem }) => {
    const value = sliceJson(parts, metadata);
    expect(parse(value)).toMatchObject({ verdict: "ignored", name: "shop/web-abc" });
    expect(problemTexts(value)).toEqual([problem]);
  });

  test.each`
    problem                                                                                      | parts
    ${"addressType: expected IPv4, IPv6, FQDN, found nothing"}                                   | ${{ addressType: undefined }}
    ${'addressType: expected IPv4, IPv6, FQDN, found "ipv4"'}                                    | ${{ addressType: "ipv4" }}
    ${'ports[0].protocol: expected TCP, UDP, SCTP, found "tcp"'}                                 | ${{ ports: [{ port: 1, protocol: "tcp" }] }}
    ${"ports[0].port: expected a whole number from 0 to 65535, found the number 65536"}          | ${{ ports: [{ port: 65536 }] }}
    ${'endpoints[0].addresses[0]: expected an IP address, found "10.0.0.256"'}                   | ${{ endpoints: [{ addresses: ["10.0.0.256"] }] }}
    ${'endpoints[0].addresses[0]: expected an address of the slice\'s addressType, found "::1"'} | ${{ endpoints: [{ addresses: ["::1"] }] }}
    ${'endpoints[0].conditions.ready: expected true or false, found "yes"'}                      | ${{ endpoints: [{ addresses: ["10.0.0.1"], conditions: { ready: "yes" } }] }}
    ${"endpoints[0].nodeName: expected a text, found the number 1 (write it in quotes)"}         | ${{ endpoints: [{ addresses: ["10.0.0.1"], nodeName: 1 }] }}
    ${'endpoints: expected a list, found "none"'}                                                | ${{ endpoints: "none" }}
  `("is refused: $problem", ({ problem, parts }) => {
    const value = sliceJson(parts);
    expect(parse(value).verdict).toBe("refused");
    expect(problemTexts(value)).toEqual([problem]);
  });
});

test("a wrong label of a slice is told once", () => {
  const labels = { "kubernetes.io/service-name": "web", version: 1 };
  const value = sliceJson({}, { labels });
  expect(parse(value).verdict).toBe("refused");
  expect(problemTexts(value)).toEqual([
    "metadata.labels.version: expected a text, found the number 1 (write it in quotes)",
  ]);
});

describe("a Node", () => {
  test("has what decides about its Services: zone, IP addresses, pod ranges, whether it goes", () => {
    const labels = { "topology.kubernetes.io/zone": "z1" };
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    const taints = [{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }];
    const spec = { podCIDR: "10.1.0.0/24", podCIDRs: ["10.1.0.0/24", "fd00:1::/64"], taints };
    const addresses = [
      { type: "Hostname", address: "n1" },
      { type: "ExternalIP", address: "203.0.113.9" },
      { type: "InternalIP", address: "192.0.2.1" },
      { type: "ExternalIP", address: "192.0.2.1" },
    ];
    expect(
      accepted({
        apiVersion: "v1",
        kind: "Node",
        metadata: { name: "n1", labels, deletionTimestamp },
        spec,
        status: { addresses },
      }),
    ).toEqual({
      name: "n1",
      zone: "z1",
      addresses: ["192.0.2.1", "203.0.113.9"],
      podRanges: ["10.1.0.0/24", "fd00:1::/64"],
      deleting: true,
      taints: ["node.kubernetes.io/out-of-service"],
    });
    expect(accepted({ apiVersion: "v1", kind: "Node", metadata: { name: "n1" } })).toEqual({
      name: "n1",
      zone: "",
      addresses: [],
      podRanges: [],
      deleting: false,
      taints: [],
    });
  });
});

describe("an object of another kind", () => {
  test.each`
    value                                                                                         | verdict      | problem
    ${{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web" } }}                   | ${"foreign"} | ${'kind: expected Service, EndpointSlice, Node, List, found "Deployment"'}
    ${{ apiVersion: "serving.knative.dev/v1", kind: "Service", metadata: { name: "w" } }}         | ${"foreign"} | ${'apiVersion: expected v1, found "serving.knative.dev/v1"'}
    ${{ apiVersion: "discovery.k8s.io/v1beta1", kind: "EndpointSlice", metadata: { name: "w" } }} | ${"refused"} | ${'apiVersion: expected discovery.k8s.io/v1, found "discovery.k8s.io/v1beta1"'}
    ${{ kind: "Service", metadata: { name: "w" } }}                                               | ${"refused"} | ${"apiVersion: expected v1, found nothing"}
    ${{ apiVersion: "v1", kind: "Servise", metadata: { name: "w" } }}                             | ${"refused"} | ${'kind: expected Service, EndpointSlice, Node, List, found "Servise" (did you mean Service?)'}
    ${{ apiVersion: "v1", kind: "Lits", items: [] }}                                              | ${"refused"} | ${'kind: expected Service, EndpointSlice, Node, List, found "Lits" (did you mean List?)'}
    ${{ apiVersion: "v1", kind: "ServceList", items: [] }}                                        | ${"refused"} | ${'kind: expected Service, EndpointSlice, Node, List, found "ServceList" (did you mean ServiceList?)'}
    ${{ apiVersion: "v1", kind: "PodList", items: [] }}                                           | ${"foreign"} | ${'kind: expected Service, EndpointSlice, Node, List, found "PodList"'}
    ${{ apiVersion: "v1", kind: "List", item: [] }}                                               | ${"refused"} | ${"items: expected a list, found nothing"}
    ${{ apiVersion: "discovry.k8s.io/v1", kind: "EndpointSlice", metadata: { name: "w" } }}       | ${"refused"} | ${'apiVersion: expected discovery.k8s.io/v1, found "discovry.k8s.io/v1"'}
    ${{ apiVersion: "v1", metadata: { name: "w" } }}                                              | ${"refused"} | ${"kind: expected Service, EndpointSlice, Node, List, found nothing"}
    ${"hello"}                                                                                    | ${"refused"} | ${': expected an object with apiVersion and kind, found "hello"'}
    ${[1]}                                                                                        | ${"refused"} | ${": expected an object with apiVersion and kind, found a list"}
  `("is $verdict: $problem", ({ value, verdict, problem }) => {
    expect(parse(value).verdict).toBe(verdict);
    expect(problemTexts(value)).toEqual([problem]);
  });

  test("with a misspelled kind still says which object it is about", () => {
    expect(parse({ ...serviceJson(), kind: "Servise" })).toMatchObject({
      kind: "service",
      name: "shop/web",
    });
  });

  test("does not reach what every JavaScript object inherits", () => {
    const value = JSON.parse(
      '{"apiVersion":"v1","kind":"Service","metadata":{"name":"a","__proto__":{"namespace":"x"}},"spec":{"clusterIP":"None"}}',
    );
    expect(accepted(value)).toMatchObject({ name: "default/a" });
  });
});
