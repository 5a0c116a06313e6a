/** Which endpoints of a Service count: readiness, hints, and slices in all their forms. */
import assert from "node:assert/strict";
import { NODE_ADDRESSES, NODE_ADDRESSES_V6 } from "../../lab/node-network.ts";
import { expectNoAnswer, expectPods, expectRefused } from "../harness/expect-traffic.ts";
import { type EndpointWords, type KubeObject, service, slice } from "../harness/objects.ts";
import { at, ITSELF, OUTSIDE, POD } from "../harness/places.ts";
import { endpointOf, web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.180";
const V6 = "fd00:96::b4";
const NODE_PORT = 30_190;
const ON_NODE = [at(NODE_ADDRESSES[0], NODE_PORT), at(NODE_ADDRESSES_V6[0], NODE_PORT)];
const EVERY = [at(V4), at(V6), ...ON_NODE];
const ALL = ["p1", "p2", "r1"];
const ENDING = { ready: false, serving: true, terminating: true };
/** Not ready, and neither would it answer: what a failed probe of a terminating pod makes. */
const ENDED = { ready: false, serving: false, terminating: true };

function objects(pods: readonly (string | EndpointWords)[], name = "web"): KubeObject[] {
  const ports = [{ port: 80, nodePort: NODE_PORT }];
  return web({ name, addresses: [V4, V6], ports, pods, spec: { type: "NodePort" } });
}

/** The endpoints of a pod in both families. */
function both(pod: string, more: Omit<Partial<EndpointWords>, "address">): EndpointWords[] {
  return (["IPv4", "IPv6"] as const).map((family) => endpointOf(pod, { ...more, family }));
}

async function expectEverywhere(pods: readonly string[]): Promise<void> {
  for (const to of EVERY) {
    await expectPods({ ...POD, to }, pods);
    await expectPods({ ...ITSELF, to }, pods);
  }
  for (const to of ON_NODE) await expectPods({ ...OUTSIDE, to }, pods);
}

/** Endpoints. */
export const endpointCases: readonly ServiceCase[] = [
  {
    name: "endpoints that are not ready are not used, and are as soon as they are published as ready",
    upstream: ["Services should create endpoints for unready pods"],
    run: async (harness) => {
      // With publishNotReadyAddresses the slices say ready, whatever the pod's probes say.
      const published = both("p1", { ready: true, serving: false });
      const unready = both("p1", { ready: false });
      await harness.apply(...objects(published));
      await expectEverywhere(["p1"]);
      await harness.apply(...objects(unready));
      for (const to of EVERY) await expectRefused({ ...POD, to });
      await harness.apply(
        ...objects(both("p1", { ready: true, serving: false, terminating: true })),
      );
      await expectEverywhere(["p1"]);
    },
  },
  {
    name: "endpoints that end and do not serve are used when they are published as ready",
    upstream: [
      "Services should be able to connect to terminating and unready endpoints if PublishNotReadyAddresses is true",
    ],
    run: async (harness) => {
      const published = { ready: true, serving: false, terminating: true };
      await harness.apply(...objects([...both("p1", published), ...both("r1", published)]));
      await expectEverywhere(["p1", "r1"]);
    },
  },
  {
    name: "endpoints that end and do not serve are not used when they are not published",
    upstream: [
      "Services should not be able to connect to terminating and unready endpoints if PublishNotReadyAddresses is false",
    ],
    run: async (harness) => {
      await harness.apply(...objects([...both("p1", ENDED), ...both("r1", ENDED)]));
      for (const to of EVERY) {
        await expectNoAnswer({ ...POD, to });
        await expectNoAnswer({ ...ITSELF, to });
      }
      for (const to of ON_NODE) await expectNoAnswer({ ...OUTSIDE, to });
      await harness.apply(...objects([...both("p1", ENDED), "p2"]));
      await expectEverywhere(["p2"]);
    },
  },
  {
    name: "endpoints that end but serve are the fallback through node ports too",
    upstream: [
      "Services should fallback to terminating endpoints when there are no ready endpoints with externallTrafficPolicy=Cluster",
      "Services should fallback to terminating endpoints when there are no ready endpoints with internalTrafficPolicy=Cluster",
    ],
    run: async (harness) => {
      await harness.apply(...objects([...both("p1", ENDING), ...both("r1", ENDED)]));
      await expectEverywhere(["p1"]);
      await harness.apply(...objects([...both("p1", ENDING), "r1"]));
      await expectEverywhere(["r1"]);
    },
  },
  {
    name: "slices of every size and number make one Service, and repeated endpoints count once",
    upstream: [
      "EndpointSlice should support a Service with multiple ports specified in multiple EndpointSlices",
      "EndpointSlice should support a Service with multiple endpoint IPs specified in multiple EndpointSlices",
      "EndpointSliceMirroring should mirror a custom Endpoint with multiple subsets and same IP address",
    ],
    run: async (harness) => {
      const ports = [
        { name: "one", port: 80 },
        { name: "two", port: 81 },
      ];
      const pods = ["p1", "p2", "p3", "p4", "r1", "r2"];
      const slices = pods.flatMap((pod, index) => [
        slice({
          service: "web",
          suffix: `one-${pod}`,
          ports: [{ name: "one", port: 8080 }],
          // Each pod is in a slice with its neighbour, so that every one of them comes twice.
          endpoints: [endpointOf(pod), endpointOf(pods[(index + 1) % pods.length] ?? pod)],
        }),
        slice({
          service: "web",
          suffix: `two-${pod}`,
          ports: [{ name: "two", port: 9090 }],
          endpoints: index % 2 === 0 ? [endpointOf(pod)] : [],
          family: "IPv4",
        }),
      ]);
      await harness.apply(service({ name: "web", addresses: [V4], ports }), ...slices);
      await expectPods({ ...POD, to: at(V4), requests: 24 }, pods);
      assert.equal(harness.virtualService(`tcp/${at(V4)}`)?.destinations.size, pods.length);
      await expectPods({ ...POD, to: at(V4, 81) }, ["p1", "p3", "r1"]);
      // One copy of p1 and of p2 goes, and the other one is what counts.
      await harness.remove(...slices.slice(0, 1));
      await expectPods({ ...POD, to: at(V4), requests: 24 }, pods);
      await harness.remove(...slices);
      await expectRefused({ ...POD, to: at(V4) });
    },
  },
  {
    name: "a slice that is labelled for another proxy, or as headless, counts for nothing, and does once the label is gone",
    upstream: [],
    run: async (harness) => {
      for (const label of ["service-proxy-name", "headless"]) {
        const hidden = slice({ service: "web", suffix: "b", endpoints: [endpointOf("p2")] });
        const labels = { ...hidden.metadata?.labels, [`service.kubernetes.io/${label}`]: "other" };
        const labelled = { ...hidden, metadata: { ...hidden.metadata, labels } };
        await harness.apply(...objects(["p1"]), labelled);
        await expectPods({ ...POD, to: at(V4) }, ["p1"]);
        await harness.apply(hidden);
        await expectPods({ ...POD, to: at(V4) }, ["p1", "p2"]);
        await harness.apply(labelled);
        await expectPods({ ...POD, to: at(V4) }, ["p1"]);
      }
    },
  },
  {
    name: "an endpoint that ends in one slice and is ready in another is ready",
    upstream: [],
    run: async (harness) => {
      const inSlice = (suffix: string, endpoint: EndpointWords): KubeObject =>
        slice({ service: "web", suffix, endpoints: [endpoint] });
      await harness.apply(
        service({ name: "web", addresses: [V4] }),
        inSlice("a", endpointOf("p1", ENDING)),
        inSlice("b", endpointOf("p1")),
        inSlice("c", endpointOf("p2", ENDING)),
      );
      await expectPods({ ...POD, to: at(V4) }, ["p1"]);
    },
  },
  {
    name: "two Services with the same endpoints do not depend on each other",
    upstream: [
      "Networking Granular Checks: Services should function for multiple endpoint-Services with same selector",
    ],
    run: async (harness) => {
      const second = web({
        ...{ name: "second", addresses: ["10.96.0.181"], pods: ALL },
        ports: [{ port: 80, nodePort: 30_191 }],
        spec: { type: "NodePort" },
      });
      await harness.apply(...objects(ALL), ...second);
      await expectEverywhere(ALL);
      await expectPods({ ...POD, to: at("10.96.0.181") }, ALL);
      await expectPods({ ...OUTSIDE, to: at(NODE_ADDRESSES[0], 30_191) }, ALL);
      await harness.remove(...second);
      await expectEverywhere(ALL);
      await expectNoAnswer({ ...POD, to: at("10.96.0.181") });
      await expectRefused({ ...OUTSIDE, to: at(NODE_ADDRESSES[0], 30_191) });
      await expectPods({ namespace: "p1", to: at(V4) }, ALL);
    },
  },
  {
    name: "a port of a pod is reached by number and by name, whichever container of it serves the port",
    upstream: [
      "Services should connect to the ports exposed by restartable init containers",
      "Services should connect to the named ports exposed by restartable init containers",
    ],
    run: async (harness) => {
      const ports = [
        { name: "numbered", port: 80, targetPort: 9090 },
        { name: "named", port: 81, targetPort: "sidecar" },
      ];
      const endpointPorts = ports.map(({ name }) => ({ name, port: 9090 }));
      await harness.apply(
        service({ name: "web", addresses: [V4], ports }),
        slice({ service: "web", ports: endpointPorts, endpoints: [endpointOf("p1")] }),
      );
      for (const port of [80, 81]) await expectPods({ ...POD, to: at(V4, port) }, ["p1"]);
    },
  },
];
