/** The cluster of `cluster.ts` as the controllers of Kubernetes write it, with all that no proxy needs. */
import type { KubernetesObject, V1EndpointSlice, V1Node, V1Service } from "@kubernetes/client-node";
import { type ClusterSize, ENDPOINT_PORT, endpointAddress, serviceAddress } from "./cluster.ts";

/** Where all of it is. */
export const NAMESPACE = "bench";

const NODES = 100;
/** Any time. */
const STORED_TIME = "2026-01-01T00:00:00Z";

/** A name of 36 characters, as those of Kubernetes. */
function uid(kind: number, number: number): string {
  return `${kind.toString(16).padStart(8, "0")}-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
}

/** A Service of one port. */
export function serviceObject(service: number): V1Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: `service-${service}`,
      namespace: NAMESPACE,
      labels: { app: `service-${service}` },
    },
    spec: {
      clusterIP: serviceAddress(service),
      clusterIPs: [serviceAddress(service)],
      selector: { app: `service-${service}` },
      ports: [{ name: "", protocol: "TCP", port: 80, targetPort: ENDPOINT_PORT }],
    },
  };
}

/** The same with all that the API server adds: what it keeps in etcd. */
export function storedService(service: number): V1Service {
  const { metadata, spec, ...rest } = serviceObject(service);
  return {
    ...rest,
    metadata: {
      ...metadata,
      uid: uid(0, service),
      creationTimestamp: STORED_TIME as unknown as Date,
    },
    spec: {
      ...spec,
      type: "ClusterIP",
      sessionAffinity: "None",
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
      internalTrafficPolicy: "Cluster",
    },
    status: { loadBalancer: {} },
  };
}

/** Its slice, with `endpointsPerService` ready endpoints on as many nodes. */
export function sliceObject(
  service: number,
  { endpointsPerService }: Pick<ClusterSize, "endpointsPerService">,
): V1EndpointSlice {
  const name = `service-${service}`;
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${name}-1`,
      namespace: NAMESPACE,
      labels: {
        "kubernetes.io/service-name": name,
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
      },
      annotations: { "endpoints.kubernetes.io/last-change-trigger-time": STORED_TIME },
      ownerReferences: [
        {
          ...{ apiVersion: "v1", kind: "Service", name, uid: uid(0, service) },
          ...{ controller: true, blockOwnerDeletion: true },
        },
      ],
    },
    addressType: "IPv4",
    ports: [{ name: "", protocol: "TCP", port: ENDPOINT_PORT }],
    endpoints: Array.from({ length: endpointsPerService }, (_, endpoint) => ({
      addresses: [endpointAddress(service, endpoint)],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${(service + endpoint) % NODES}`,
      zone: `zone-${(service + endpoint) % 3}`,
      targetRef: {
        kind: "Pod",
        name: `${name}-${endpoint}`,
        namespace: NAMESPACE,
        uid: uid(1 + endpoint, service),
      },
    })),
  };
}

/** The node that the agent runs on. */
export function nodeObject(name: string): V1Node {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name } },
    spec: { podCIDR: "10.1.0.0/24", podCIDRs: ["10.1.0.0/24"] },
    status: { addresses: [{ type: "InternalIP", address: "192.0.2.11" }] },
  };
}

/** Services `from` to `to` with their slices. */
export function objectsOf(from: number, to: number, size: ClusterSize): KubernetesObject[] {
  return Array.from({ length: to - from }, (_, index) => from + index).flatMap((service) => [
    serviceObject(service),
    sliceObject(service, size),
  ]);
}
