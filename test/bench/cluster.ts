/** A cluster of any size, in our words. `cluster-objects.ts` has the same as Kubernetes writes it. */
import type { EndpointSlice, Service } from "../../src/model/cluster.ts";

/** What every benchmark of this size means by a cluster. */
export interface ClusterSize {
  readonly services: number;
  readonly endpointsPerService: number;
}

/** Port of every endpoint. */
export const ENDPOINT_PORT = 8080;

const NO_TEXTS: readonly string[] = [];

/** Addresses that are left to Services of other kinds, such as `default/kubernetes`. */
const ADDRESSES_BEFORE = 256;

/** The number of a Service as its address: 10.96.1.0 and up. */
export function serviceAddress(service: number): string {
  const number = service + ADDRESSES_BEFORE;
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
