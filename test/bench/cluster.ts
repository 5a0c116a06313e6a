/** A cluster of any size, in our words and as Kubernetes writes it: the same objects both ways. */
import type { EndpointSlice, Service } from "../../src/model/cluster.ts";

/** What every benchmark of this size means by a cluster. */
export interface ClusterSize {
  readonly services: number;
  readonly endpointsPerService: number;
}

/** Port of every endpoint. */
const ENDPOINT_PORT = 8080;

const NO_TEXTS: readonly string[] = [];

/** The number of a Service as its address: 10.96.0.1 and up. */
export function serviceAddress(service: number): string {
  const number = service + 1;
  return `10.${96 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
}

/** 10.0.0.1 and up, each used once. */
export function endpointAddress(service: number, endpoint: number): string {
  const number = service * 16 + endpoint + 1;
  return `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;
}

/** One Service with one port. */
export function serviceOf(service: number): Service {
  return {
    name: `bench/service-${service}`,
    createdMs: 0,
    labels: {},
    annotations: {},
    type: "ClusterIP",
    clusterAddresses: [serviceAddress(service)],
    ports: [{ name: "", protocol: "tcp", port: 80, nodePort: 0 }],
    affinityTimeoutS: 0,
    externalAddresses: NO_TEXTS,
    loadBalancerAddresses: NO_TEXTS,
    loadBalancerSourceRanges: NO_TEXTS,
    internalTrafficPolicy: "Cluster",
    externalTrafficPolicy: "Cluster",
    healthCheckNodePort: 0,
  };
}

/** Its slice; `readyCount` of its endpoints are ready, the others are not. */
export function sliceOf(
  service: number,
  { endpointsPerService }: ClusterSize,
  readyCount: number,
): EndpointSlice {
  return {
    name: `bench/service-${service}-1`,
    service: `bench/service-${service}`,
    family: "ipv4",
    labels: {},
    triggerMs: 0,
    ports: [{ name: "", protocol: "tcp", port: ENDPOINT_PORT }],
    endpoints: Array.from({ length: endpointsPerService }, (_, endpoint) => ({
      address: endpointAddress(service, endpoint),
      ready: endpoint < readyCount,
      serving: endpoint < readyCount,
      terminating: false,
      nodeName: "",
      zoneHints: NO_TEXTS,
      nodeHints: NO_TEXTS,
    })),
  };
}

/** Services `from` to `to` with their slices, as a list in JSON. */
export function manifestOf(from: number, to: number, size: ClusterSize): string {
  const items: unknown[] = [];
  for (let service = from; service < to; service++) {
    const name = `service-${service}`;
    items.push({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: "bench" },
      spec: {
        clusterIP: serviceAddress(service),
        clusterIPs: [serviceAddress(service)],
        ports: [{ protocol: "TCP", port: 80 }],
      },
    });
    items.push({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: {
        name: `${name}-1`,
        namespace: "bench",
        labels: { "kubernetes.io/service-name": name },
      },
      addressType: "IPv4",
      ports: [{ name: "", protocol: "TCP", port: ENDPOINT_PORT }],
      endpoints: Array.from({ length: size.endpointsPerService }, (_, endpoint) => ({
        addresses: [endpointAddress(service, endpoint)],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: `node-${service % 100}`,
      })),
    });
  }
  return JSON.stringify({ apiVersion: "v1", kind: "List", items });
}
