/** What a load balancer that asks for `healthCheckNodePort` is told. */
import { expect, test } from "vitest";
import type { Service } from "../../../src/model/cluster.ts";
import { planService } from "../../../src/plan/service.ts";
import { endpoint, NODE, planInput, service, slice } from "./samples.ts";

const HERE = { nodeName: NODE.name };

const LOCAL: Partial<Service> = {
  type: "LoadBalancer",
  externalTrafficPolicy: "Local",
  healthCheckNodePort: 32_000,
};

function healthCheck(parts: Partial<Service>, slices = [slice([endpoint("10.1.0.1", HERE)])]) {
  return planService(planInput({ service: service(parts), slices })).healthCheck;
}

test.each`
  what                            | parts                                                              | expected
  ${"a load balancer with Local"} | ${{}}                                                              | ${{ port: 32_000, localEndpoints: 1 }}
  ${"one without a port for it"}  | ${{ healthCheckNodePort: 0 }}                                      | ${undefined}
  ${"one with policy Cluster"}    | ${{ externalTrafficPolicy: "Cluster" }}                            | ${undefined}
  ${"a NodePort Service"}         | ${{ type: "NodePort" }}                                            | ${undefined}
  ${"a Service of another proxy"} | ${{ labels: { "service.kubernetes.io/service-proxy-name": "x" } }} | ${undefined}
`("$what: $expected", ({ parts, expected }) => {
  expect(healthCheck({ ...LOCAL, ...parts })).toEqual(expected);
});

test("distinct ready endpoints of this node count, over all slices and ports", () => {
  const slices = [
    slice([
      endpoint("10.1.0.1", HERE),
      endpoint("10.1.0.2", HERE),
      endpoint("10.1.0.3", { nodeName: "node-b" }),
      endpoint("10.1.0.4", { ...HERE, ready: false, terminating: true }),
      endpoint("127.0.0.1", HERE),
    ]),
    slice([endpoint("10.1.0.1", HERE)], {
      name: "shop/web-2",
      ports: [{ name: "metrics", protocol: "tcp", port: 9100 }],
    }),
    slice([endpoint("10.1.0.9", HERE)], { name: "shop/web-3", ports: [] }),
  ];
  expect(healthCheck(LOCAL, slices)?.localEndpoints).toBe(2);
});

test("a pod with an address of each family counts once", () => {
  const slices = [
    slice([endpoint("10.1.0.1", HERE)]),
    slice([endpoint("fd00:1::1", HERE)], { name: "shop/web-2" }),
  ];
  const parts = { ...LOCAL, clusterAddresses: ["10.96.0.10", "fd00:96::a"] };
  expect(healthCheck(parts, slices)?.localEndpoints).toBe(1);
});
