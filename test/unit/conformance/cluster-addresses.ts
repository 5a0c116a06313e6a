/** Cluster addresses: which Services have one, and what the kernel gets for it. */
import type { V1Service, V1ServicePort } from "@kubernetes/client-node";
import { expect } from "vitest";
import { tcp } from "../plan/samples.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { Node } from "./node.ts";
import { endpoint, P80, service, slice } from "./objects.ts";

function port(name: string, protocol: string, number: number, nodePort = 0): V1ServicePort {
  return { name, protocol, port: number, nodePort };
}

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

const SERVICES = [
  service(
    {
      clusterIP: "172.16.55.4",
      ports: [
        port("something", "UDP", 1234),
        port("somethingelse", "UDP", 1235),
        port("somesctp", "SCTP", 1236),
      ],
    },
    { name: "cluster-ip", namespace: "somewhere-else" },
  ),
  service(
    {
      type: "NodePort",
      clusterIP: "172.16.55.10",
      ports: [
        port("blahblah", "UDP", 345),
        port("moreblahblah", "TCP", 344),
        port("sctpblah", "SCTP", 343),
      ],
    },
    { name: "node-port", namespace: "somewhere-else" },
  ),
  service(
    {
      type: "LoadBalancer",
      clusterIP: "172.16.55.11",
      loadBalancerIP: "5.6.7.8",
      ports: [
        port("foobar", "UDP", 8675, 7000),
        port("baz", "UDP", 8676, 7001),
        port("sctpfoo", "SCTP", 8677, 7002),
      ],
    },
    { name: "load-balancer", namespace: "somewhere", ingress: ["10.1.2.4"] },
  ),
  service(
    {
      type: "LoadBalancer",
      clusterIP: "172.16.55.12",
      loadBalancerIP: "5.6.7.8",
      externalTrafficPolicy: "Local",
      healthCheckNodePort: 345,
      ports: [
        port("foobar2", "UDP", 8677, 7002),
        port("baz", "UDP", 8678, 7003),
        port("sctpbaz", "SCTP", 8679, 7004),
      ],
    },
    { name: "only-local-load-balancer", namespace: "somewhere", ingress: ["10.1.2.3"] },
  ),
] as const;

/** The addresses and ports in the table, without what the firewall marks lead to. */
function frontends(node: Node): string[] {
  const lines = node.table().filter((line) => !line.startsWith("for the cluster"));
  return lines.map((line) => line.replace(/ ->.*/, ""));
}

const addRemove: ConformanceCase = {
  name: "ports of several Services come, go with their Service, and a health check goes with its own",
  upstream: ["TestBuildServiceMapAddRemove"],
  run: async () => {
    const node = new Node();
    await node.sync(...SERVICES);
    // Twelve cluster ports, and the six that load balancers have once more.
    expect(frontends(node)).toHaveLength(12 + 6);
    expect(node.bound()).toEqual([
      ...["10.1.2.3", "10.1.2.4"],
      ...["172.16.55.10", "172.16.55.11", "172.16.55.12", "172.16.55.4"],
    ]);
    expect(node.healthChecks()).toEqual(["345: 0"]);

    const [first, ...others] = SERVICES;
    await node.delete(...others);
    const rest: V1Service = {
      ...first,
      spec: { ...first.spec, ports: [port("somethingelse", "UDP", 1235)] },
    };
    await node.sync(rest);
    expect(node.table()).toEqual(["udp/172.16.55.4:1235 ->"]);
    expect(node.bound()).toEqual(["172.16.55.4"]);
    expect(node.healthChecks()).toEqual([]);
  },
};

const nothing: readonly ConformanceCase[] = [
  {
    name: "headless Services, with ports or without, have nothing in the kernel and no health check",
    upstream: ["TestBuildServiceMapServiceHeadless"],
    run: async () => {
      const node = new Node();
      const clusterIP = "None";
      await node.sync(
        service({ clusterIP, ports: [port("rpc", "UDP", 1234)] }, { name: "headless" }),
        service({ clusterIP, ports: [] }, { name: "headless-without-port" }),
        service({ clusterIP, ports: [port("sip", "SCTP", 1235)] }, { name: "headless-sctp" }),
      );
      expect([node.table(), node.bound(), node.healthChecks()]).toEqual([[], [], []]);
    },
  },
  {
    name: "an ExternalName Service has nothing in the kernel, whatever address it says",
    upstream: ["TestBuildServiceMapServiceTypeExternalName"],
    run: async () => {
      const node = new Node();
      await node.sync(
        service({
          type: "ExternalName",
          clusterIP: "172.16.55.4",
          externalName: "foo2.bar.com",
          ports: [port("blah", "UDP", 1235)],
        }),
      );
      expect([node.table(), node.bound(), node.healthChecks()]).toEqual([[], [], []]);
    },
  },
];

const update: ConformanceCase = {
  name: "a Service that becomes a load balancer and a cluster address again keeps its two cluster ports",
  upstream: ["TestBuildServiceMapServiceUpdate"],
  run: async () => {
    const node = new Node();
    const ports = [port("something", "UDP", 1234), port("somethingelse", "TCP", 1235)];
    const cluster = service({ clusterIP: "172.16.55.4", ports });
    const balanced = service(
      {
        type: "LoadBalancer",
        clusterIP: "172.16.55.4",
        loadBalancerIP: "5.6.7.8",
        externalTrafficPolicy: "Local",
        healthCheckNodePort: 345,
        ports: [port("something", "UDP", 1234, 7002), port("somethingelse", "TCP", 1235, 7003)],
      },
      { ingress: ["10.1.2.3"] },
    );
    const own = ["tcp/172.16.55.4:1235", "udp/172.16.55.4:1234"];
    const added = ["tcp/10.1.2.3:1235", ...own.slice(0, 1), "udp/10.1.2.3:1234", ...own.slice(1)];

    await node.sync(cluster);
    expect([frontends(node), node.healthChecks()]).toEqual([own, []]);
    await node.sync(balanced);
    expect([frontends(node), node.healthChecks()]).toEqual([added, ["345: 0"]]);
    node.wrote();
    await node.sync(balanced);
    expect(node.wrote()).toEqual([]);
    expect([frontends(node), node.healthChecks()]).toEqual([added, ["345: 0"]]);
    await node.sync(cluster);
    expect([frontends(node), node.healthChecks()]).toEqual([own, []]);
  },
};

const several: ConformanceCase = {
  name: "an address is bound once, however many ports are added and taken away, and goes with the last",
  upstream: ["TestMultiPortServiceBindAddr"],
  run: async () => {
    const node = new Node();
    const counts = [2, 1, 3];
    const clusterIP = "172.16.55.4";
    const numbers = [1234, 1235, 8675];
    const withPorts = (count: number) =>
      service({
        clusterIP,
        ports: numbers.slice(0, count).map((number) => port(`p${number}`, "TCP", number)),
      });
    for (const count of counts) {
      await node.sync(withPorts(count));
      expect(frontends(node)).toHaveLength(count);
      expect(node.bound()).toEqual([clusterIP]);
    }
    expect(node.wrote().filter((line) => line.includes("-address "))).toEqual([
      `add-address ${clusterIP}`,
    ]);
    await node.delete(withPorts(3));
    expect([node.table(), node.bound()]).toEqual([[], []]);
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
export const clusterAddressCases: readonly ConformanceCase[] = [
  restart,
  ...families,
  addRemove,
  ...nothing,
  update,
  affinity,
  several,
];
