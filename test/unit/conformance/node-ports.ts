/** Node ports, as kube-proxy's own tests have them. */
import { expect } from "vitest";
import type { ConformanceCase } from "./conformance-case.ts";
import { Node } from "./node.ts";
import { endpoint, P80, service, slice } from "./objects.ts";

const NODE_PORT = { ...P80, nodePort: 3001 };
const UDP = { ...NODE_PORT, protocol: "UDP" };
const SCTP = { ...NODE_PORT, protocol: "SCTP" };

const V4_SLICE = slice([endpoint("10.180.0.1")]);
const V6_SLICE = slice([endpoint("1002:ab8::2:10")], { number: 2 });

const BOTH_FAMILIES = { eth0: ["100.101.102.103", "2001:db8::1:1"] };
const SIX_ADDRESSES = {
  eth0: ["100.101.102.103", "2001:db8::1:1"],
  eth1: ["100.101.102.104", "2001:db8::1:2"],
  eth2: ["100.101.102.105", "2001:db8::1:3"],
};

const ipv4: readonly ConformanceCase[] = [
  {
    name: "a node port of an IPv4 Service is served on the node's IPv4 address, by the IPv4 endpoints alone",
    upstream: ["TestNodePortIPv4/1 service with node port, has 2 endpoints"],
    run: async () => {
      const node = new Node({ addresses: BOTH_FAMILIES });
      await node.sync(service({ type: "NodePort", ports: [NODE_PORT] }), V4_SLICE, V6_SLICE);
      expect(node.table()).toEqual([
        "tcp/10.20.30.41:80 -> 10.180.0.1:80",
        "tcp/100.101.102.103:3001 -> 10.180.0.1:80",
      ]);
      expect(node.bound()).toEqual(["10.20.30.41"]);
    },
  },
  {
    name: "a UDP node port is served where 0.0.0.0/0 allows it, and its clients are masqueraded",
    upstream: ["TestNodePortIPv4/1 UDP service with node port, has endpoints"],
    run: async () => {
      const node = new Node({ addresses: BOTH_FAMILIES, nodePortRanges: ["0.0.0.0/0"] });
      const endpoints = slice([endpoint("10.180.0.1")], { ports: [UDP] });
      await node.sync(service({ type: "NodePort", ports: [UDP] }), endpoints);
      expect(node.table()).toEqual([
        "udp/10.20.30.41:80 -> 10.180.0.1:80",
        "udp/100.101.102.103:3001 -> 10.180.0.1:80",
      ]);
      expect(node.filter("node-port-masqueraded")).toEqual(["udp . 3001"]);
      expect(node.filter("node-port-keep-source")).toEqual([]);
      expect(node.filter("service-addresses")).toEqual(["10.20.30.41"]);
    },
  },
  {
    name: "a node port without endpoints is there all the same, with nothing behind it",
    upstream: ["TestNodePortIPv4/service has node port but no endpoints"],
    run: async () => {
      const node = new Node({ addresses: BOTH_FAMILIES });
      await node.sync(service({ type: "NodePort", ports: [NODE_PORT] }));
      expect(node.table()).toEqual(["tcp/10.20.30.41:80 ->", "tcp/100.101.102.103:3001 ->"]);
    },
  },
  {
    name: "an SCTP node port is served on each of the node's IPv4 addresses",
    upstream: [
      "TestNodePortIPv4/node port service with protocol sctp on a node with multiple nodeIPs",
    ],
    run: async () => {
      const node = new Node({ addresses: SIX_ADDRESSES });
      const endpoints = slice([endpoint("10.180.0.1")], { ports: [SCTP] });
      await node.sync(service({ type: "NodePort", ports: [SCTP] }), endpoints);
      expect(node.table()).toEqual([
        "sctp/10.20.30.41:80 -> 10.180.0.1:80",
        "sctp/100.101.102.103:3001 -> 10.180.0.1:80",
        "sctp/100.101.102.104:3001 -> 10.180.0.1:80",
        "sctp/100.101.102.105:3001 -> 10.180.0.1:80",
      ]);
      expect(node.filter("node-port-masqueraded")).toEqual(["sctp . 3001"]);
      expect(node.filter("node-addresses")).toEqual(Object.values(SIX_ADDRESSES).flat().sort());
    },
  },
  {
    name: "an SCTP node port of policy Local has this node's endpoint, and clients keep their address",
    upstream: [
      "TestNodePortIPv4/node port service with protocol sctp and externalTrafficPolicy local",
    ],
    run: async () => {
      const node = new Node({ addresses: { eth0: ["100.101.102.103"] } });
      const spec = { type: "NodePort", ports: [SCTP], externalTrafficPolicy: "Local" };
      const both = [endpoint("10.180.0.1", "here"), endpoint("10.180.1.1")];
      await node.sync(service(spec), slice(both, { ports: [SCTP] }));
      expect(node.table()).toEqual([
        "for the cluster/ipv4 -> 10.180.0.1:80 10.180.1.1:80",
        "sctp/10.20.30.41:80 -> 10.180.0.1:80 10.180.1.1:80",
        "sctp/100.101.102.103:3001 -> 10.180.0.1:80",
      ]);
      expect(node.filter("node-port-keep-source")).toEqual(["sctp . 3001"]);
      expect(node.filter("node-port-masqueraded")).toEqual([]);
    },
  },
];

const V6 = { type: "NodePort", clusterIP: "2020::1" };

const ipv6: readonly ConformanceCase[] = [
  {
    name: "a node port of an IPv6 Service is served on the node's IPv6 address, by the IPv6 endpoints alone",
    upstream: ["TestNodePortIPv6/1 service with node port, has 2 endpoints"],
    run: async () => {
      const node = new Node({ addresses: BOTH_FAMILIES });
      await node.sync(service({ ...V6, ports: [NODE_PORT] }), V4_SLICE, V6_SLICE);
      expect(node.table()).toEqual([
        "tcp/[2001:db8::1:1]:3001 -> [1002:ab8::2:10]:80",
        "tcp/[2020::1]:80 -> [1002:ab8::2:10]:80",
      ]);
      expect(node.bound()).toEqual(["2020::1"]);
    },
  },
  {
    name: "a Service without an IPv6 address has no node port on IPv6 addresses",
    upstream: [
      "TestNodePortIPv6/1 UDP service with node port, has endpoints (no action on IPv6 Proxier)",
    ],
    run: async () => {
      const node = new Node({ addresses: { eth0: ["2001:db8::1:1"] } });
      const endpoints = slice([endpoint("10.180.0.1")], { ports: [UDP] });
      await node.sync(service({ type: "NodePort", ports: [UDP] }), endpoints);
      expect(node.table()).toEqual(["udp/10.20.30.41:80 -> 10.180.0.1:80"]);
    },
  },
  {
    name: "an IPv6 node port without endpoints is there all the same, with nothing behind it",
    upstream: ["TestNodePortIPv6/service has node port but no endpoints"],
    run: async () => {
      const node = new Node({ addresses: BOTH_FAMILIES });
      await node.sync(service({ ...V6, ports: [NODE_PORT] }));
      expect(node.table()).toEqual(["tcp/[2001:db8::1:1]:3001 ->", "tcp/[2020::1]:80 ->"]);
    },
  },
  {
    name: "an SCTP node port is served on each of the node's IPv6 addresses",
    upstream: [
      "TestNodePortIPv6/node port service with protocol sctp on a node with multiple nodeIPs",
    ],
    run: async () => {
      const node = new Node({ addresses: { eth0: ["2001:db8::1:1", "2001:db8::1:2"] } });
      const endpoints = slice([endpoint("2001::1")], { ports: [SCTP] });
      await node.sync(service({ ...V6, ports: [SCTP] }), endpoints);
      expect(node.table()).toEqual([
        "sctp/[2001:db8::1:1]:3001 -> [2001::1]:80",
        "sctp/[2001:db8::1:2]:3001 -> [2001::1]:80",
        "sctp/[2020::1]:80 -> [2001::1]:80",
      ]);
      expect(node.filter("node-port-masqueraded")).toEqual(["sctp . 3001"]);
    },
  },
];

const selected: readonly ConformanceCase[] = [
  {
    name: "a node port of policy Local is served on the addresses of the ranges, by this node's endpoint",
    upstream: ["TestOnlyLocalNodePorts"],
    run: async () => {
      const node = new Node({
        addresses: { eth0: ["100.101.102.103"], eth1: ["2001:db8::1:1"] },
        nodePortRanges: ["100.101.102.0/24"],
      });
      const spec = { type: "NodePort", ports: [NODE_PORT], externalTrafficPolicy: "Local" };
      const both = [endpoint("10.180.0.1", "here"), endpoint("10.180.1.1")];
      await node.sync(service(spec), slice(both));
      expect(node.table()).toEqual([
        "for the cluster/ipv4 -> 10.180.0.1:80 10.180.1.1:80",
        "tcp/10.20.30.41:80 -> 10.180.0.1:80 10.180.1.1:80",
        "tcp/100.101.102.103:3001 -> 10.180.0.1:80",
      ]);
      expect(node.filter("node-port-keep-source")).toEqual(["tcp . 3001"]);
      expect(node.filter("node-port-masqueraded")).toEqual([]);
      expect(node.filter("node-port-local-marks")).toHaveLength(1);
    },
  },
];

/** All of them. */
export const nodePortCases: readonly ConformanceCase[] = [...ipv4, ...ipv6, ...selected];
