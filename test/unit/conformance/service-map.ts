/** Which Services have virtual services and health checks, as they come, change and go. */
import type { V1Service, V1ServicePort } from "@kubernetes/client-node";
import { expect } from "vitest";
import type { ConformanceCase } from "./conformance-case.ts";
import { Node } from "./node.ts";
import { service } from "./objects.ts";

function port(name: string, protocol: string, number: number, nodePort = 0): V1ServicePort {
  return { name, protocol, port: number, nodePort };
}

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

/** All of them. */
export const serviceMapCases: readonly ConformanceCase[] = [addRemove, ...nothing, update, several];
