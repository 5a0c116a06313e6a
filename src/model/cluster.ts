/** Kubernetes objects in our words: only the fields that decide what the kernel holds. */
import { joined } from "../base/joined.ts";
import type { Address, Family } from "./address.ts";
import type { Range } from "./range.ts";
import type { Protocol } from "./virtual-service.ts";

/** `namespace/name`. */
export type ObjectName = string;

/** The `namespace/name` of an object. */
export function objectName(namespace: string, name: string): ObjectName {
  return joined(namespace, "/", name);
}

/** One entry of `Service.spec.ports`. */
export interface ServicePort {
  /** "" when the only port has no name. */
  readonly name: string;
  readonly protocol: Protocol;
  /** 1 to 65535. */
  readonly port: number;
  /** 0 when there is none. */
  readonly nodePort: number;
}

/** core/v1 Service. */
export interface Service {
  readonly name: ObjectName;
  /** `metadata.creationTimestamp` in milliseconds since the epoch; 0 when unknown, as in most files. */
  readonly createdMs: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly type: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
  /** `spec.clusterIPs` (else `spec.clusterIP`), canonical; empty when headless or ExternalName. */
  readonly clusterAddresses: readonly Address[];
  readonly ports: readonly ServicePort[];
  /** `spec.sessionAffinityConfig.clientIP.timeoutSeconds` with ClientIP affinity; 0 with None. */
  readonly affinityTimeoutS: number;
  readonly externalAddresses: readonly Address[];
  /** `status.loadBalancer.ingress[*].ip` whose ipMode is VIP or absent. */
  readonly loadBalancerAddresses: readonly Address[];
  readonly loadBalancerSourceRanges: readonly string[];
  readonly internalTrafficPolicy: "Cluster" | "Local";
  readonly externalTrafficPolicy: "Cluster" | "Local";
  readonly healthCheckNodePort: number;
}

/** One entry of `EndpointSlice.ports`; those without a number never get here. */
export interface SlicePort {
  /** "" when it has no name. */
  readonly name: string;
  readonly protocol: Protocol;
  /** 1 to 65535. */
  readonly port: number;
}

/** One entry of `EndpointSlice.endpoints`. */
export interface Endpoint {
  /** The first of `addresses`, canonical; the others are not used, as in kube-proxy. */
  readonly address: Address;
  /** Unset means true. */
  readonly ready: boolean;
  /** Unset means true. */
  readonly serving: boolean;
  /** Unset means false. */
  readonly terminating: boolean;
  /** "" when unset. */
  readonly nodeName: string;
  /** `hints.forZones[*].name`. */
  readonly zoneHints: readonly string[];
  /** `hints.forNodes[*].name`. */
  readonly nodeHints: readonly string[];
}

/** discovery.k8s.io/v1 EndpointSlice of address type IPv4 or IPv6. */
export interface EndpointSlice {
  readonly name: ObjectName;
  /** The Service it belongs to: label `kubernetes.io/service-name` in the same namespace. */
  readonly service: ObjectName;
  readonly family: Family;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly SlicePort[];
  readonly endpoints: readonly Endpoint[];
  /** Annotation `endpoints.kubernetes.io/last-change-trigger-time`, milliseconds since the epoch; 0 when absent. */
  readonly triggerMs: number;
}

/** core/v1 Node. */
export interface ClusterNode {
  readonly name: string;
  /** Label `topology.kubernetes.io/zone`; "" when it has none. */
  readonly zone: string;
  /** `status.addresses` that are IP addresses: those of type InternalIP first, then ExternalIP. */
  readonly addresses: readonly Address[];
  /** `spec.podCIDRs`. */
  readonly podRanges: readonly Range[];
  /** It has a deletion timestamp. */
  readonly deleting: boolean;
  /** Keys of `spec.taints`. */
  readonly taints: readonly string[];
}

/** What planning knows of the node it plans for. A new object for each change: equal views are `===`. */
export interface NodeView {
  readonly name: string;
  readonly zone: string;
  /** Where node ports are served, of both families; canonical, no duplicates. */
  readonly nodePortAddresses: readonly Address[];
  /** The node's main address of each family: source ranges that hold one of them let the node itself through. */
  readonly primaryAddresses: readonly Address[];
  /** On an interface of this node other than `kube-ipvs0`: served where a Service names one, never bound. */
  readonly ownAddresses: ReadonlySet<Address>;
  /**
   * Addresses that no Service may have, with who has each, to follow "it is": `an address of the node
   * node-b`, `an address of the API server`. One that is in `ownAddresses` too is served.
   */
  readonly takenAddresses: ReadonlyMap<Address, string>;
  /**
   * Where this node reaches the API server, which may be a cluster address: no Service may have one as an
   * external or load-balancer address.
   */
  readonly serverAddresses: ReadonlySet<Address>;
  /** The other nodes' addresses are not known yet: external and load-balancer addresses wait. */
  readonly awaitsPeers: boolean;
}

/** The view of a node of which only the name is known. */
export function unknownNode(name: string): NodeView {
  return {
    name,
    zone: "",
    nodePortAddresses: [],
    primaryAddresses: [],
    ownAddresses: new Set(),
    takenAddresses: new Map(),
    serverAddresses: new Set(),
    awaitsPeers: false,
  };
}
