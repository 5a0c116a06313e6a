/** Cluster addresses: which Services have one, and what the kernel gets for it. */
import { expect } from "vitest";
import { tcp } from "../plan/samples.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { Node } from "./node.ts";
import { endpoint, P80, service, slice } from "./objects.ts";

const V4 = [service({ clusterIP: "10.20.30.41" }), slice([endpoint("10.180.0.1")])];
const V6 = [
  service({ clusterIP: "1002:ab8::2:1" }, { name: "svc2" }),
  slice([endpoint("1009:ab8::5:6")], { of: "svc2" }),
];

const families: readonly ConformanceCase[] = [
  {
    name: "two Services of different families have one virtual service each, in their own family",
    upstream: [
      "TestIPv4Proxier/2 services with Cluster IP, each with endpoints",
      "TestIPv6Proxier/2 services with Cluster IP, each with endpoints",
    ],
    run: async () => {
      const node = new Node();
      await node.sync(...V4, ...V6);
      expect(node.table()).toEqual([
        "tcp/10.20.30.41:80 -> 10.180.0.1:80",
        "tcp/[1002:ab8::2:1]:80 -> [1009:ab8::5:6]:80",
      ]);
      expect(node.bound()).toEqual(["10.20.30.41", "1002:ab8::2:1"]);
    },
  },
  ...[
    { proxier: "TestIPv4Proxier", family: "IPv4", clusterIP: "10.20.30.41", id: "10.20.30.41" },
    { proxier: "TestIPv6Proxier", family: "IPv6", clusterIP: "2001::1", id: "[2001::1]" },
  ].map(({ proxier, family, clusterIP, id }) => ({
    name: `an ${family} Service without endpoints has a virtual service with nothing behind it`,
    upstream: [`${proxier}/cluster IP service with no endpoints`],
    run: async () => {
      const node = new Node();
      await node.sync(service({ clusterIP }));
      expect(node.table()).toEqual([`tcp/${id}:80 ->`]);
      expect(node.bound()).toEqual([clusterIP]);
    },
  })),
];

const restart: ConformanceCase = {
  name: "an agent that starts gives an endpoint that drained before, and is wanted, its weight back",
  upstream: ["Test_syncEndpoint_updateWeightsOnRestart"],
  run: async () => {
    const before = new Node();
    await before.sync(...V4);
    const key = tcp("10.20.30.41", 80);
    const [found] = before.kernel.table.destinations(key) ?? [];
    if (!found) throw new Error("there is no destination to take the weight of");
    before.kernel.table.apply({
      kind: "set-destination",
      key,
      destination: { ...found, weight: 0 },
    });
    expect(before.table()).toEqual(["tcp/10.20.30.41:80 -> 10.180.0.1:80 weight 0"]);
    const after = new Node({ kernel: before.kernel });
    await after.sync(...V4);
    expect(after.table()).toEqual(["tcp/10.20.30.41:80 -> 10.180.0.1:80"]);
  },
};

const affinity: ConformanceCase = {
  name: "affinity without a timeout lasts 10800 seconds, on every frontend",
  upstream: ["TestSessionAffinity"],
  run: async () => {
    const node = new Node({ addresses: { eth0: ["100.101.102.103"] } });
    const ports = [{ ...P80, nodePort: 3001 }];
    const sessionAffinityConfig = { clientIP: { timeoutSeconds: 10_800 } };
    const spec = { type: "NodePort", sessionAffinity: "ClientIP", sessionAffinityConfig, ports };
    await node.sync(service({ ...spec, externalIPs: ["50.60.70.81"] }));
    expect(node.table()).toEqual([
      "tcp/10.20.30.41:80 (affinity 10800) ->",
      "tcp/100.101.102.103:3001 (affinity 10800) ->",
      "tcp/50.60.70.81:80 (affinity 10800) ->",
    ]);
  },
};

/** All of them. */
export const clusterAddressCases: readonly ConformanceCase[] = [restart, ...families, affinity];
