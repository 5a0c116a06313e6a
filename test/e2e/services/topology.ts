/** Hints of endpoint slices: endpoints of this node's zone or of this node come first. */

import { PEER } from "../../lab/node-network.ts";
import { expectPods } from "../harness/expect-traffic.ts";
import type { EndpointWords, KubeObject } from "../harness/objects.ts";
import { at, ITSELF, OUTSIDE, POD } from "../harness/places.ts";
import { endpointOf, NODE, nodes, web } from "../harness/pods.ts";
import type { ServiceCase } from "../harness/service-case.ts";

const V4 = "10.96.0.190";
const BALANCER = "198.51.100.100";

function objects(
  endpoints: readonly EndpointWords[],
  spec: { readonly externalTrafficPolicy?: "Local"; readonly internalTrafficPolicy?: "Local" } = {},
): KubeObject[] {
  const ingress = [{ ip: BALANCER }];
  const type = { type: "LoadBalancer", trafficDistribution: "PreferSameZone", ...spec };
  return web({ name: "web", addresses: [V4], pods: endpoints, ingress, spec: type });
}

/** An endpoint with the zone that the endpoint slice controller wants it used in. */
function inZone(pod: string, zone: string): EndpointWords {
  return endpointOf(pod, { zones: [zone] });
}

async function expectFrom(pods: readonly string[]): Promise<void> {
  for (const client of [POD, ITSELF]) await expectPods({ ...client, to: at(V4) }, pods);
  await expectPods({ ...OUTSIDE, to: at(BALANCER) }, pods);
}

const DISTRIBUTION = "Traffic Distribution should route traffic";

/** Topology. */
export const topologyCases: readonly ServiceCase[] = [
  {
    name: "with zone hints a node uses the endpoints of its zone, on every node of it, and others' none",
    upstream: [
      `${DISTRIBUTION} to an endpoint in the same zone when using PreferClose`,
      `${DISTRIBUTION} correctly between pods on multiple nodes when using PreferClose`,
      `${DISTRIBUTION} to an endpoint in the same zone when using PreferSameZone`,
      `${DISTRIBUTION} correctly between pods on multiple nodes when using PreferSameZone`,
      "Topology Hints should distribute endpoints evenly",
    ],
    run: async (harness) => {
      const hinted = [inZone("p1", "zone-a"), inZone("r1", "zone-a"), inZone("p2", "zone-b")];
      await harness.apply(...objects(hinted));
      await expectFrom(["p1", "r1"]);
      // Seen from a zone with endpoints of its own elsewhere, and from one with none.
      await harness.apply(...nodes("zone-b"));
      await expectFrom(["p2"]);
      await harness.apply(...nodes("zone-c"));
      await expectFrom(["p1", "r1", "p2"]);
    },
  },
  {
    name: "one endpoint without a hint ends all hints, and one that is not ready does not",
    upstream: [],
    run: async (harness) => {
      const hinted = [inZone("p1", "zone-a"), inZone("r1", "zone-b")];
      await harness.apply(...objects([...hinted, endpointOf("p2")]));
      await expectFrom(["p1", "p2", "r1"]);
      await harness.apply(...objects([...hinted, endpointOf("p2", { ready: false })]));
      await expectFrom(["p1"]);
    },
  },
  {
    name: "with node hints a node uses its own endpoints, and others when it has none",
    upstream: [
      `${DISTRIBUTION} to an endpoint on the same node or fall back to same zone when using PreferSameNode`,
      `${DISTRIBUTION} to an endpoint on the same node when using PreferSameNode and fall back when the endpoint becomes unavailable`,
    ],
    run: async (harness) => {
      const own = endpointOf("p1", { zones: ["zone-a"], forNodes: [NODE] });
      const near = endpointOf("r1", { zones: ["zone-a"], forNodes: [PEER] });
      const far = endpointOf("r2", { zones: ["zone-b"], forNodes: [PEER] });
      await harness.apply(...objects([own, near, far]));
      await expectFrom(["p1"]);
      await harness.apply(...objects([near, far]));
      await expectFrom(["r1"]);
      await harness.apply(...objects([far]));
      await expectFrom(["r2"]);
      await harness.apply(...objects([own, near, far]));
      await expectFrom(["p1"]);
    },
  },
  {
    name: "hints mean nothing to policy Local, whose endpoints are near anyway",
    upstream: [],
    run: async (harness) => {
      const hinted = [inZone("p1", "zone-b"), inZone("p2", "zone-b"), inZone("r1", "zone-a")];
      await harness.apply(...objects(hinted, { externalTrafficPolicy: "Local" }));
      await expectPods({ ...OUTSIDE, to: at(BALANCER) }, ["p1", "p2"]);
      await expectPods({ ...POD, to: at(BALANCER) }, ["r1"]);
      await harness.apply(...objects(hinted, { internalTrafficPolicy: "Local" }));
      await expectPods({ ...POD, to: at(V4) }, ["p1", "p2"]);
      await expectPods({ ...OUTSIDE, to: at(BALANCER) }, ["r1"]);
    },
  },
];
