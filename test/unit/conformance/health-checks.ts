/** Health check node ports: which there are, and how many endpoints of this node count. */
import { expect } from "vitest";
import type { ConformanceCase } from "./conformance-case.ts";
import { Node } from "./node.ts";
import { ending, endpoint, service, slice } from "./objects.ts";

/** A load balancer of policy Local with this health check. */
function balanced(healthCheckNodePort: number, name = "svc1", clusterIP = "10.20.30.41") {
  const spec = { type: "LoadBalancer", externalTrafficPolicy: "Local", clusterIP };
  return service({ ...spec, healthCheckNodePort }, { name, ingress: [] });
}

/** All of them. */
export const healthCheckCases: readonly ConformanceCase[] = [
  {
    name: "load balancers of policy Local have a health check each, and one of policy Cluster has none",
    upstream: ["TestHealthCheckNodePort"],
    run: async () => {
      const node = new Node();
      const third = balanced(30_002, "svc3", "10.20.30.43");
      await node.sync(balanced(30_000), balanced(30_001, "svc2", "10.20.30.42"));
      await node.sync(
        service({ ...third.spec, externalTrafficPolicy: "Cluster" }, { name: "svc3", ingress: [] }),
      );
      expect(node.healthChecks()).toEqual(["30000: 0", "30001: 0"]);
    },
  },
  {
    name: "a health check follows its port, and goes with its Service",
    upstream: ["TestHealthCheckNodePortE2E"],
    run: async () => {
      const node = new Node();
      await node.sync(balanced(30_000));
      expect(node.healthChecks()).toEqual(["30000: 0"]);
      await node.sync(balanced(30_001));
      expect(node.healthChecks()).toEqual(["30001: 0"]);
      await node.delete(balanced(30_001));
      expect(node.healthChecks()).toEqual([]);
    },
  },
  {
    name: "a health check counts ready endpoints of this node, and none of those that end",
    upstream: ["Test_HealthCheckNodePortWhenTerminating"],
    run: async () => {
      const node = new Node();
      const ready = [
        endpoint("10.0.1.1", "here"),
        endpoint("10.0.1.2", "here"),
        endpoint("10.0.1.3"),
        { ...endpoint("10.0.1.4", "here"), conditions: { ready: false } },
      ];
      await node.sync(balanced(30_000), slice(ready));
      expect(node.healthChecks()).toEqual(["30000: 2"]);
      const notReady = { ready: false, serving: true, terminating: false };
      const ends = [
        { ...endpoint("10.0.1.1", "here"), conditions: notReady },
        ending("10.0.1.2", "here", true),
        ending("10.0.1.3", "elsewhere", true),
        ending("10.0.1.4", "here", false),
      ];
      await node.sync(slice(ends));
      expect(node.healthChecks()).toEqual(["30000: 0"]);
    },
  },
];
