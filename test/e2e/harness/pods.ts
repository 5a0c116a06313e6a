/** The pods of the end-to-end suite, and Services on them in one word. */
import type { V1EndpointSlice, V1Node, V1Service } from "@kubernetes/client-node";
import {
  type NetworkPod,
  NODE_ADDRESSES,
  NODE_ADDRESSES_V6,
  PEER,
  PEER_ADDRESS,
  PEER_ADDRESS_V6,
  POD_RANGES,
} from "../../lab/node-network.ts";
import {
  type EndpointWords,
  type PortWords,
  type ServiceWords,
  service,
  slice,
} from "./objects.ts";

/** Name of the node under test. */
export const NODE = "node-a";
/** Where every pod's server listens. */
export const POD_PORTS = [8080, 9090];

/** Pods with servers: `p1` to `p4` on the node under test, `r1` and `r2` on the other one. */
export const PODS: readonly NetworkPod[] = [
  ...[1, 2, 3, 4].map((number) => localPod(`p${number}`, number)),
  ...[1, 2].map((number) => remotePod(`r${number}`, number)),
  // Pods that only ask. To a Service, `client` is eight clients.
  {
    name: "client",
    node: "here",
    addresses: [101, 102, 103, 104, 105, 106, 107, 108].flatMap(localAddresses),
    ports: [],
  },
  { name: "far", node: "peer", addresses: remoteAddresses(101), ports: [] },
];

/** A pod of the node under test; numbers from 20 are free. */
export function localPod(name: string, number: number): NetworkPod {
  return { name, node: "here", addresses: localAddresses(number), ports: POD_PORTS };
}

/** A pod of the other node. */
export function remotePod(name: string, number: number): NetworkPod {
  return { name, node: "peer", addresses: remoteAddresses(number), ports: POD_PORTS };
}

function localAddresses(number: number): string[] {
  return [`10.1.0.${number}`, `fd00:1:0:1::${number}`];
}

function remoteAddresses(number: number): string[] {
  return [`10.1.1.${number}`, `fd00:1:0:2::${number}`];
}

/** The pod's own address. */
export function addressOf(pod: string, family: "IPv4" | "IPv6" = "IPv4"): string {
  const found = PODS.find(({ name }) => name === pod)?.addresses[family === "IPv4" ? 0 : 1];
  if (found === undefined) throw new Error(`there is no pod ${pod}`);
  return found;
}

/** The client's own addresses of one family. */
export function clientAddresses(family: "IPv4" | "IPv6" = "IPv4"): readonly string[] {
  const all = PODS.find(({ name }) => name === "client")?.addresses ?? [];
  return all.filter((address) => address.includes(":") === (family === "IPv6"));
}

/** The endpoint that a pod is; `r...` pods are on the other node. */
export function endpointOf(
  pod: string,
  more: Omit<Partial<EndpointWords>, "address"> & { readonly family?: "IPv4" | "IPv6" } = {},
): EndpointWords {
  const { family, ...conditions } = more;
  const node = pod.startsWith("r") ? PEER : NODE;
  return { address: addressOf(pod, family), node, ...conditions };
}

/** A Service with its slices, one for each family that it has an address of. */
export interface WebWords extends ServiceWords {
  /** Pods by name, or endpoints with conditions. */
  readonly pods: readonly (string | EndpointWords)[];
  /** The endpoints' port where all of the Service's ports are the same one. */
  readonly targetPort?: number;
}

/** The objects of a Service whose pods serve all of its ports. */
export function web(words: WebWords): (V1Service | V1EndpointSlice)[] {
  const { pods, targetPort = 8080, addresses = [], ports = [{ port: 80 }] } = words;
  const families = (["IPv4", "IPv6"] as const).filter((family) =>
    addresses.some((address) => address.includes(":") === (family === "IPv6")),
  );
  const slices = families.map((family) =>
    slice({
      service: words.name,
      family,
      ports: ports.map((port) => slicePort(port, targetPort)),
      endpoints: pods
        .map((pod) => (typeof pod === "string" ? endpointOf(pod, { family }) : pod))
        .filter(({ address }) => address.includes(":") === (family === "IPv6")),
    }),
  );
  return [service(words), ...slices];
}

function slicePort(
  { name, protocol, targetPort }: PortWords,
  port: number,
): { name?: string; port: number; protocol?: "TCP" | "UDP" | "SCTP" } {
  return {
    port: typeof targetPort === "number" ? targetPort : port,
    ...(name !== undefined && { name }),
    ...(protocol !== undefined && { protocol: protocol as "TCP" | "UDP" | "SCTP" }),
  };
}

/** The Node under test and the other one, as the API server has them. */
export function nodes(zone = "zone-a"): V1Node[] {
  return [
    node(NODE, zone, [NODE_ADDRESSES[0], NODE_ADDRESSES_V6[0]], [...POD_RANGES]),
    node(PEER, "zone-b", [PEER_ADDRESS, PEER_ADDRESS_V6], ["10.1.1.0/24", "fd00:1:0:2::/64"]),
  ];
}

function node(name: string, zone: string, addresses: string[], podCIDRs: string[]): V1Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "topology.kubernetes.io/zone": zone } },
    spec: { ...(podCIDRs[0] !== undefined && { podCIDR: podCIDRs[0] }), podCIDRs },
    status: { addresses: addresses.map((address) => ({ type: "InternalIP", address })) },
  };
}
