/** Kubernetes objects as the API writes them, with the names that upstream's own tests use. */
import type {
  V1Endpoint,
  V1EndpointSlice,
  V1Service,
  V1ServicePort,
  V1ServiceSpec,
} from "@kubernetes/client-node";

/** The node that all of these tests are about. */
export const NODE_NAME = "test-node";

/** Port p80 of TCP. */
export const P80: V1ServicePort = { name: "p80", port: 80, protocol: "TCP" };

/** Service `ns1/svc1` on 10.20.30.41, port p80, unless `spec` says otherwise. */
export function service(
  spec: Partial<V1ServiceSpec> = {},
  { name = "svc1", namespace = "ns1", ingress = [] as readonly string[] } = {},
): V1Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { type: "ClusterIP", clusterIP: "10.20.30.41", ports: [P80], ...spec },
    status: { loadBalancer: { ingress: ingress.map((ip) => ({ ip })) } },
  };
}

/** A ready endpoint: on this node with `here`, else on another one. */
export function endpoint(address: string, where: "here" | "elsewhere" = "elsewhere"): V1Endpoint {
  return {
    addresses: [address],
    nodeName: where === "here" ? NODE_NAME : "other-node",
    conditions: { ready: true },
  };
}

/** An endpoint whose pod ends, and that still serves or does not. */
export function ending(address: string, where: "here" | "elsewhere", serving: boolean): V1Endpoint {
  return {
    ...endpoint(address, where),
    conditions: { ready: false, serving, terminating: true },
  };
}

/** An EndpointSlice of `ns1/svc1` for port p80, of the family of its first endpoint. */
export function slice(
  endpoints: readonly V1Endpoint[],
  {
    of = "svc1",
    namespace = "ns1",
    number = 1,
    ports = [P80] as readonly { name?: string; port: number; protocol?: string }[],
  } = {},
): V1EndpointSlice {
  const isIpv6 = endpoints[0]?.addresses[0]?.includes(":") ?? false;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${of}-${number}`,
      namespace,
      labels: { "kubernetes.io/service-name": of },
    },
    addressType: isIpv6 ? "IPv6" : "IPv4",
    endpoints: [...endpoints],
    ports: ports.map(({ name = "", port, protocol = "TCP" }) => ({ name, port, protocol })),
  };
}
