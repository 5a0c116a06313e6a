/** External and load-balancer addresses, source ranges and who keeps its address. */
import type { V1Service } from "@kubernetes/client-node";
import { expect } from "vitest";
import { sourceRangesOf } from "../../../src/plan/source-ranges.ts";
import { NODE, service as plannedService } from "../plan/samples.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { Node } from "./node.ts";
import { endpoint, P80, service, slice } from "./objects.ts";

const EXTERNAL = "50.60.70.81";
const BALANCER = "1.2.3.4";
const OF_TWO_FAMILIES_AND_LOOPBACK = [EXTERNAL, "2012::51", "127.0.0.1"];
const BOTH_PLACES = slice([endpoint("10.180.0.1", "here"), endpoint("10.180.1.1")]);

const external: readonly ConformanceCase[] = [
  {
    name: "an external address without endpoints is there, with nothing behind it",
    upstream: ["TestExternalIPsNoEndpoint"],
    run: async () => {
      const node = new Node();
      await node.sync(service({ externalIPs: [EXTERNAL] }));
      expect(node.table()).toEqual(["tcp/10.20.30.41:80 ->", `tcp/${EXTERNAL}:80 ->`]);
      expect(node.bound()).toEqual(["10.20.30.41", EXTERNAL]);
    },
  },
  {
    name: "external addresses of the Service's family are served, and endpoints of another protocol are not",
    upstream: ["TestExternalIPs"],
    run: async () => {
      const node = new Node();
      const endpoints = slice([endpoint("10.180.0.1")], { ports: [{ ...P80, protocol: "UDP" }] });
      await node.sync(service({ externalIPs: OF_TWO_FAMILIES_AND_LOOPBACK }), endpoints);
      expect(node.table()).toEqual(["tcp/10.20.30.41:80 ->", `tcp/${EXTERNAL}:80 ->`]);
      expect(node.findings()).toContain("bad-address spec.externalIPs");
      expect(node.filter("masqueraded")).toEqual([`${EXTERNAL} . tcp . 80`]);
    },
  },
  {
    name: "external addresses of policy Local have this node's endpoint, and clients keep their address",
    upstream: ["TestOnlyLocalExternalIPs"],
    run: async () => {
      const node = new Node();
      const externalIPs = OF_TWO_FAMILIES_AND_LOOPBACK;
      const spec = { type: "NodePort", externalIPs, externalTrafficPolicy: "Local" };
      await node.sync(service(spec), BOTH_PLACES);
      expect(node.table()).toEqual([
        "for the cluster/ipv4 -> 10.180.0.1:80 10.180.1.1:80",
        "tcp/10.20.30.41:80 -> 10.180.0.1:80 10.180.1.1:80",
        `tcp/${EXTERNAL}:80 -> 10.180.0.1:80`,
      ]);
      expect(node.filter("keep-source")).toEqual([`${EXTERNAL} . tcp . 80`]);
      expect(node.filter("masqueraded")).toEqual([]);
    },
  },
];

const NODE_PORT = { ...P80, nodePort: 3001 };
const BALANCED = { type: "LoadBalancer", ports: [NODE_PORT] };

const balanced: readonly ConformanceCase[] = [
  {
    name: "a load-balancer address is served and masqueraded, on a node without an address of its own",
    upstream: ["TestLoadBalancer"],
    run: async () => {
      const node = new Node();
      const endpoints = slice([endpoint("10.180.0.1")]);
      await node.sync(service(BALANCED, { ingress: [BALANCER] }), endpoints);
      expect(node.table()).toEqual([
        `tcp/${BALANCER}:80 -> 10.180.0.1:80`,
        "tcp/10.20.30.41:80 -> 10.180.0.1:80",
      ]);
      expect(node.filter("masqueraded")).toEqual([`${BALANCER} . tcp . 80`]);
      expect(node.filter("service-addresses")).toEqual([BALANCER, "10.20.30.41"]);
    },
  },
  {
    name: "source ranges let their range reach the load-balancer address, and nobody else",
    upstream: ["TestLoadBalancerSourceRanges"],
    run: async () => {
      const node = new Node();
      const spec = { type: "LoadBalancer", loadBalancerSourceRanges: ["10.0.0.0/8"] };
      await node.sync(service(spec, { ingress: [BALANCER] }), slice([endpoint("10.180.0.1")]));
      expect(node.table()).toEqual([
        `tcp/${BALANCER}:80 -> 10.180.0.1:80`,
        "tcp/10.20.30.41:80 -> 10.180.0.1:80",
      ]);
      expect(node.filter("masqueraded")).toEqual([`${BALANCER} . tcp . 80`]);
      expect(node.filter("source-ranges")).toEqual([
        expect.stringMatching(/^1\.2\.3\.4 \. tcp \. 80 : jump sources-/),
      ]);
      expect(node.sourceRanges()).toEqual(["10.0.0.0/8"]);
    },
  },
  {
    name: "a cluster, an external, a load-balancer address and a node port stand side by side",
    upstream: ["TestAcceptIPVSTraffic"],
    run: async () => {
      const node = new Node({ addresses: { eth0: ["100.101.102.103"] } });
      const named = (name: string) => ({ name });
      await node.sync(
        service({ clusterIP: "10.20.30.40", externalIPs: [EXTERNAL] }, named("svc1")),
        service(
          { type: "LoadBalancer", clusterIP: "10.20.30.41" },
          { name: "svc2", ingress: [BALANCER] },
        ),
        service({ type: "NodePort", clusterIP: "10.20.30.42", ports: [NODE_PORT] }, named("svc3")),
      );
      const addresses = ["10.20.30.40", "10.20.30.41", "10.20.30.42"];
      expect(node.filter("service-addresses")).toEqual([BALANCER, ...addresses, EXTERNAL]);
      expect(node.filter("masqueraded")).toEqual([
        `${BALANCER} . tcp . 80`,
        `${EXTERNAL} . tcp . 80`,
      ]);
      expect(node.filter("node-port-masqueraded")).toEqual(["tcp . 3001"]);
      expect(node.filter("keep-source")).toEqual([]);
    },
  },
  {
    name: "a load-balancer address of policy Local has this node's endpoint, and clients keep their address",
    upstream: ["TestOnlyLocalLoadBalancing"],
    run: async () => {
      const node = new Node();
      const spec = { ...BALANCED, externalTrafficPolicy: "Local" };
      await node.sync(service(spec, { ingress: [BALANCER] }), BOTH_PLACES);
      expect(node.table()).toEqual([
        "for the cluster/ipv4 -> 10.180.0.1:80 10.180.1.1:80",
        `tcp/${BALANCER}:80 -> 10.180.0.1:80`,
        "tcp/10.20.30.41:80 -> 10.180.0.1:80 10.180.1.1:80",
      ]);
      expect(node.filter("keep-source")).toEqual([`${BALANCER} . tcp . 80`]);
      expect(node.filter("masqueraded")).toEqual([]);
    },
  },
];

/** A balanced Service whose only ingress has this mode. */
function withMode(ipMode: string | undefined): V1Service {
  const one = service(BALANCED);
  const mode = ipMode === undefined ? {} : { ipMode };
  return { ...one, status: { loadBalancer: { ingress: [{ ip: BALANCER, ...mode }] } } };
}

const modes: readonly ConformanceCase[] = [
  { ipMode: "Proxy", isServed: false },
  { ipMode: "VIP", isServed: true },
  { ipMode: undefined, isServed: true },
].map(({ ipMode, isServed }) => ({
  name: `a load-balancer address of ipMode ${ipMode ?? "unset"} is ${isServed ? "" : "not "}served by the node`,
  upstream: [
    `TestLoadBalancerIngressRouteTypeProxy/LoadBalancerIPMode enabled, ipMode ${ipMode ?? "nil"}`,
    ...(isServed
      ? [
          `TestLoadBalancerIngressRouteTypeProxy/LoadBalancerIPMode disabled, ipMode ${ipMode ?? "nil"}`,
        ]
      : []),
  ],
  run: async () => {
    const node = new Node();
    await node.sync(withMode(ipMode), slice([endpoint("10.180.0.1")]));
    expect(node.table()).toEqual([
      ...(isServed ? [`tcp/${BALANCER}:80 -> 10.180.0.1:80`] : []),
      "tcp/10.20.30.41:80 -> 10.180.0.1:80",
    ]);
    expect(node.bound()).toEqual([...(isServed ? [BALANCER] : []), "10.20.30.41"]);
  },
}));

const ranges: ConformanceCase = {
  name: "of a list of ranges each family takes its own",
  upstream: ["TestFilterCIDRs"],
  run: () => {
    const chain = (list: readonly string[], family: "ipv4" | "ipv6") =>
      sourceRangesOf(plannedService({ loadBalancerSourceRanges: list }), family, NODE)?.chain
        ?.ranges;
    const mixed = ["1000::/64", "10.0.0.0/16", "11.0.0.0/16", "2000::/64"];
    expect(chain([], "ipv6")).toBeUndefined();
    expect(chain(mixed, "ipv6")).toEqual(["1000::/64", "2000::/64"]);
    expect(chain(mixed, "ipv4")).toEqual(["10.0.0.0/16", "11.0.0.0/16"]);
    expect(chain(["1000::/64", "2000::/64"], "ipv4")).toBeUndefined();
  },
};

/** All of them. */
export const externalAddressCases: readonly ConformanceCase[] = [
  ...external,
  ...balanced,
  ranges,
  ...modes,
];
