/** EndpointSlices that come, change and go: what serves, which flows are forgotten, what is counted here. */
import type { V1EndpointSlice, V1Service } from "@kubernetes/client-node";
import { expect } from "vitest";
import type { ConformanceCase } from "./conformance-case.ts";
import { Node } from "./node.ts";
import { endpoint, service, slice } from "./objects.ts";

/** Ports of UDP by name, `p11: 11`; "p11-2" is the other name of a port that is renamed. */
const PORTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ns1: { p11: 11, p12: 12, p13: 13, p14: 14, "p11-2": 112, p122: 122 },
  ns2: { p21: 21, p22: 22, p23: 23 },
  ns3: { p33: 33 },
  ns4: { p44: 44, p45: 45 },
};

const SERVICES: readonly V1Service[] = Object.entries(PORTS).map(([namespace, ports], index) =>
  service(
    {
      type: "LoadBalancer",
      clusterIP: `10.20.0.${index + 1}`,
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 31_001 + index,
      ports: Object.entries(ports).map(([name, port]) => ({ name, port, protocol: "UDP" })),
    },
    { name: namespace.replace("ns", "ep"), namespace },
  ),
);

/** `sliceOf("ns1", 1, "1.1.1.1 1.1.1.2@here", "p11:11")`; the name of the port is the Service port's. */
function sliceOf(
  namespace: string,
  number: number,
  addresses: string,
  ports: string,
): V1EndpointSlice {
  const endpoints = addresses.split(" ").map((word) => {
    const [address = "", where] = word.split("@");
    return endpoint(address, where === "here" ? "here" : "elsewhere");
  });
  return slice(addresses === "" ? [] : endpoints, {
    of: namespace.replace("ns", "ep"),
    namespace,
    number,
    ports: ports.split(" ").map((word) => {
      const [name = "", port] = word.split(":");
      return { name, port: Number(port), protocol: "UDP" };
    }),
  });
}

interface Change {
  readonly before: readonly V1EndpointSlice[];
  readonly after: readonly V1EndpointSlice[];
  /** `udp/10.20.0.1:11 -> ...` of all ports that have endpoints then. */
  readonly served: readonly string[];
  readonly forgotten: readonly string[];
  /** By namespace, those on this node. */
  readonly here: Readonly<Record<string, number>>;
}

const LOCAL = sliceOf("ns1", 1, "1.1.1.1@here", "p11:11");
const ONE = sliceOf("ns1", 1, "1.1.1.1", "p11:11");
const OTHER = sliceOf("ns1", 2, "1.1.1.2", "p12:12");
const TWO_PORTS = sliceOf("ns1", 1, "1.1.1.1 1.1.1.2@here", "p11:11 p12:12");
const SEVERAL_PORTS = [
  sliceOf("ns1", 1, "1.1.1.1@here", "p11:11 p12:12"),
  sliceOf("ns1", 2, "1.1.1.3", "p13:13"),
];
const SEVERAL_OF_ALL = [
  sliceOf("ns1", 1, "1.1.1.1 1.1.1.2@here", "p11:11 p12:12"),
  sliceOf("ns1", 2, "1.1.1.3 1.1.1.4@here", "p13:13 p14:14"),
  sliceOf("ns2", 1, "2.2.2.1 2.2.2.2@here", "p21:21 p22:22"),
];
const COMPLEX_BEFORE = [
  ONE,
  sliceOf("ns2", 1, "2.2.2.2@here 2.2.2.22@here", "p22:22"),
  sliceOf("ns2", 2, "2.2.2.3@here", "p23:23"),
  sliceOf("ns4", 1, "4.4.4.4@here 4.4.4.5@here", "p44:44"),
  sliceOf("ns4", 2, "4.4.4.6@here", "p45:45"),
];
const COMPLEX_AFTER = [
  sliceOf("ns1", 1, "1.1.1.1 1.1.1.11", "p11:11"),
  sliceOf("ns1", 2, "1.1.1.2", "p12:12 p122:122"),
  sliceOf("ns3", 1, "3.3.3.3", "p33:33"),
  sliceOf("ns4", 1, "4.4.4.4@here", "p44:44"),
];

const SERVED_ONE = "udp/10.20.0.1:11 -> 1.1.1.1:11";
const SERVED_TWO = [
  "udp/10.20.0.1:11 -> 1.1.1.1:11 1.1.1.2:11",
  "udp/10.20.0.1:12 -> 1.1.1.1:12 1.1.1.2:12",
];

/** Changes that are none: everything stays, and nothing is forgotten. */
function unchanged(
  slices: readonly V1EndpointSlice[],
  served: readonly string[],
  here: Readonly<Record<string, number>>,
): Change {
  return { before: slices, after: slices, served, forgotten: [], here };
}

/** By the names that they have upstream. */
const CHANGES: Readonly<Record<string, Change>> = {
  nothing: unchanged([], [], {}),
  "no change, named port, local": unchanged([LOCAL], [SERVED_ONE], { ns1: 1 }),
  "no change, multiple subsets": unchanged(
    [ONE, OTHER],
    [SERVED_ONE, "udp/10.20.0.1:12 -> 1.1.1.2:12"],
    {},
  ),
  "no change, multiple subsets, multiple ports, local": unchanged(
    SEVERAL_PORTS,
    [SERVED_ONE, "udp/10.20.0.1:12 -> 1.1.1.1:12", "udp/10.20.0.1:13 -> 1.1.1.3:13"],
    { ns1: 1 },
  ),
  "no change, multiple endpoints, subsets, IPs, and ports": unchanged(
    SEVERAL_OF_ALL,
    [
      ...SERVED_TWO,
      "udp/10.20.0.1:13 -> 1.1.1.3:13 1.1.1.4:13",
      "udp/10.20.0.1:14 -> 1.1.1.3:14 1.1.1.4:14",
      "udp/10.20.0.2:21 -> 2.2.2.1:21 2.2.2.2:21",
      "udp/10.20.0.2:22 -> 2.2.2.1:22 2.2.2.2:22",
    ],
    { ns1: 2, ns2: 1 },
  ),
  "add an Endpoints": {
    before: [],
    after: [LOCAL],
    served: [SERVED_ONE],
    forgotten: ["udp/10.20.0.1:11 unanswered"],
    here: { ns1: 1 },
  },
  "remove an Endpoints": {
    before: [LOCAL],
    after: [],
    served: [],
    forgotten: ["udp/10.20.0.1:11 1.1.1.1:11"],
    here: {},
  },
  "add an IP and port": {
    before: [ONE],
    after: [TWO_PORTS],
    served: SERVED_TWO,
    forgotten: ["udp/10.20.0.1:12 unanswered"],
    here: { ns1: 1 },
  },
  "remove an IP and port": {
    before: [TWO_PORTS],
    after: [ONE],
    served: [SERVED_ONE],
    forgotten: [
      "udp/10.20.0.1:11 1.1.1.2:11",
      "udp/10.20.0.1:12 1.1.1.1:12",
      "udp/10.20.0.1:12 1.1.1.2:12",
    ],
    here: {},
  },
  "add a subset": {
    before: [ONE],
    after: [ONE, sliceOf("ns1", 2, "1.1.1.2@here", "p12:12")],
    served: [SERVED_ONE, "udp/10.20.0.1:12 -> 1.1.1.2:12"],
    forgotten: ["udp/10.20.0.1:12 unanswered"],
    here: { ns1: 1 },
  },
  "remove a subset": {
    before: [ONE, OTHER],
    after: [ONE],
    served: [SERVED_ONE],
    forgotten: ["udp/10.20.0.1:12 1.1.1.2:12"],
    here: {},
  },
  "rename a port": {
    before: [ONE],
    after: [sliceOf("ns1", 1, "1.1.1.1", "p11-2:11")],
    served: ["udp/10.20.0.1:112 -> 1.1.1.1:11"],
    forgotten: ["udp/10.20.0.1:112 unanswered", "udp/10.20.0.1:11 1.1.1.1:11"],
    here: {},
  },
  "renumber a port": {
    before: [ONE],
    after: [sliceOf("ns1", 1, "1.1.1.1", "p11:22")],
    served: ["udp/10.20.0.1:11 -> 1.1.1.1:22"],
    forgotten: ["udp/10.20.0.1:11 1.1.1.1:11"],
    here: {},
  },
  "complex add and remove": {
    before: COMPLEX_BEFORE,
    after: COMPLEX_AFTER,
    served: [
      "udp/10.20.0.1:11 -> 1.1.1.11:11 1.1.1.1:11",
      "udp/10.20.0.1:12 -> 1.1.1.2:12",
      "udp/10.20.0.1:122 -> 1.1.1.2:122",
      "udp/10.20.0.3:33 -> 3.3.3.3:33",
      "udp/10.20.0.4:44 -> 4.4.4.4:44",
    ],
    forgotten: [
      "udp/10.20.0.1:12 unanswered",
      "udp/10.20.0.1:122 unanswered",
      "udp/10.20.0.2:22 2.2.2.2:22",
      "udp/10.20.0.2:22 2.2.2.22:22",
      "udp/10.20.0.2:23 2.2.2.3:23",
      "udp/10.20.0.3:33 unanswered",
      "udp/10.20.0.4:44 4.4.4.5:44",
      "udp/10.20.0.4:45 4.4.4.6:45",
    ],
    here: { ns4: 1 },
  },
  "change from 0 endpoint address to 1 named port": {
    before: [sliceOf("ns1", 1, "", "p11:11")],
    after: [ONE],
    served: [SERVED_ONE],
    forgotten: ["udp/10.20.0.1:11 unanswered"],
    here: {},
  },
};

async function expectChange({ before, after, served, forgotten, here }: Change): Promise<void> {
  const node = new Node();
  await node.sync(...SERVICES, ...before);
  node.forgotten();
  const names = new Set(after.map(nameOf));
  await node.sync(...after);
  await node.delete(...before.filter((one) => !names.has(nameOf(one))));
  expect(
    node
      .table()
      .filter((line) => !line.endsWith("->"))
      .sort(),
  ).toEqual([...served].sort());
  expect(node.forgotten().sort()).toEqual([...forgotten].sort());
  const counts = Object.keys(PORTS).map(
    (namespace, index) => `${31_001 + index}: ${here[namespace] ?? 0}`,
  );
  expect(node.healthChecks()).toEqual(counts);
}

function nameOf({ metadata }: V1EndpointSlice): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}

/** All of them. */
export const endpointChangeCases: readonly ConformanceCase[] = Object.entries(CHANGES).map(
  ([upstream, change]) => ({
    name: `EndpointSlices change (${upstream}): what serves follows, and flows to what is gone are forgotten`,
    upstream: [`Test_updateEndpointsMap/${upstream}`],
    run: () => expectChange(change),
  }),
);
