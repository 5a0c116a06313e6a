/** Where the affinity of clients is kept: in the virtual service, or in the scheduler of a mark. */
import { expect, test } from "vitest";
import type { Service } from "../../../src/model/cluster.ts";
import { planService } from "../../../src/plan/service.ts";
import { endpoint, HTTP, NODE, planInput, service, slice } from "./samples.ts";

const EXTERNAL = "192.0.2.50";
const MARK = "mark/1795162113/ipv4";

function planOf(parts: Partial<Service>) {
  return planService(
    planInput({
      service: service(parts),
      slices: [slice([endpoint("10.1.0.1", { nodeName: NODE.name })], { family: "ipv4" })],
      node: { ...NODE, nodePortAddresses: ["198.51.100.1"] },
    }),
  );
}

test("affinity is on every frontend, by single addresses of each family", () => {
  const { virtualServices } = planOf({
    clusterAddresses: ["10.96.0.10", "fd00:96::a"],
    externalAddresses: [EXTERNAL],
    ports: [{ ...HTTP, nodePort: 30_080 }],
    affinityTimeoutS: 10_800,
  });
  const prefixes = virtualServices.map(({ service: { settings } }) => settings.persistence);
  expect(prefixes).toEqual([
    { timeoutS: 10_800, prefixLength: 32, engine: "" },
    { timeoutS: 10_800, prefixLength: 32, engine: "" },
    { timeoutS: 10_800, prefixLength: 32, engine: "" },
    { timeoutS: 10_800, prefixLength: 128, engine: "" },
  ]);
});

test("affinity is the scheduler's where a firewall mark names the virtual service", () => {
  const { virtualServices } = planOf({
    type: "LoadBalancer",
    externalTrafficPolicy: "Local",
    loadBalancerAddresses: [EXTERNAL],
    affinityTimeoutS: 60,
  });
  const marked = virtualServices.find(({ id }) => id === MARK);
  expect(marked?.service.settings).toEqual({
    scheduler: "sh",
    schedulerFlags: ["flag-1"],
    onePacket: false,
    persistence: undefined,
  });
  const others = virtualServices.filter(({ id }) => id !== MARK);
  expect(others.map(({ service: { settings } }) => settings.persistence?.timeoutS)).toEqual([
    60, 60,
  ]);
});

test("affinity is off where nobody asked for it", () => {
  const [only] = planOf({}).virtualServices;
  expect(only?.service.settings.persistence).toBeUndefined();
});
