/** Services, slices and plans in our words, to be changed by tests. */
import { familyOf } from "../../../src/model/address.ts";
import {
  type Endpoint,
  type EndpointSlice,
  type NodeView,
  type Service,
  type ServicePort,
  unknownNode,
} from "../../../src/model/cluster.ts";
import {
  type Destination,
  destinationId,
  type ServiceSettings,
  type SocketKey,
  serviceId,
} from "../../../src/model/virtual-service.ts";
import type { PlanInput } from "../../../src/plan/service.ts";
import type { PlannedService, ServicePlan } from "../../../src/plan/service-plan.ts";

export const NODE: NodeView = { ...unknownNode("node-a"), zone: "east" };

export const HTTP: ServicePort = { name: "http", protocol: "tcp", port: 80, nodePort: 0 };

/** Service `shop/web` on 10.96.0.10, port http. */
export function service(parts: Partial<Service> = {}): Service {
  return {
    name: "shop/web",
    createdMs: 0,
    labels: {},
    annotations: {},
    type: "ClusterIP",
    clusterAddresses: ["10.96.0.10"],
    ports: [HTTP],
    affinityTimeoutS: 0,
    externalAddresses: [],
    loadBalancerAddresses: [],
    loadBalancerSourceRanges: [],
    internalTrafficPolicy: "Cluster",
    externalTrafficPolicy: "Cluster",
    healthCheckNodePort: 0,
    ...parts,
  };
}

/** A ready endpoint. */
export function endpoint(address: string, parts: Partial<Endpoint> = {}): Endpoint {
  return {
    address,
    ready: true,
    serving: true,
    terminating: false,
    nodeName: "",
    zoneHints: [],
    nodeHints: [],
    ...parts,
  };
}

/** A slice of `shop/web` that serves http on 8080, of the family of its first endpoint. */
export function slice(
  endpoints: readonly Endpoint[],
  parts: Partial<EndpointSlice> = {},
): EndpointSlice {
  return {
    name: "shop/web-1",
    service: "shop/web",
    family: familyOf(endpoints[0]?.address ?? "0.0.0.0"),
    labels: {},
    ports: [{ name: "http", protocol: "tcp", port: 8080 }],
    endpoints,
    triggerMs: 0,
    ...parts,
  };
}

/** What planning `shop/web` takes, with one ready endpoint. */
export function planInput(parts: Partial<PlanInput> = {}): PlanInput {
  return {
    service: service(),
    slices: [slice([endpoint("10.1.0.1")])],
    node: NODE,
    options: {
      defaultScheduler: { scheduler: "rr", schedulerFlags: [] },
      drainTimeoutMs: 30_000,
      externalRanges: [],
    },
    hasScheduler: () => true,
    lastGood: () => undefined,
    markOf: () => 0x6b000001,
    heldMarkOf: () => undefined,
    ...parts,
  };
}

export const SETTINGS: ServiceSettings = {
  scheduler: "rr",
  schedulerFlags: [],
  onePacket: false,
  persistence: undefined,
};

/** A masqueraded destination of weight 1. */
export function destination(
  address: string,
  port: number,
  parts: Partial<Destination> = {},
): Destination {
  return {
    address,
    port,
    weight: 1,
    forward: "masquerade",
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnel: undefined,
    ...parts,
  };
}

/** A TCP key. */
export function tcp(address: string, port: number): SocketKey {
  return { protocol: "tcp", address, port };
}

/** A virtual service that a Service wants. */
export function planned(
  key: SocketKey,
  destinations: readonly Destination[],
  parts: Partial<PlannedService> & { settings?: ServiceSettings } = {},
): PlannedService {
  const { settings = SETTINGS, ...rest } = parts;
  return {
    id: serviceId(key),
    service: { key, settings },
    owner: "shop/web",
    portName: "http",
    kind: "cluster",
    frontends: [],
    elements: [],
    destinations: new Map(destinations.map((one) => [destinationId(one), one])),
    lingering: new Set(),
    drainTimeoutMs: 30_000,
    ...rest,
  };
}

/** The plan of a Service that wants these, and their addresses. */
export function plan(
  name: string,
  virtualServices: readonly PlannedService[],
  parts: Partial<ServicePlan> = {},
): ServicePlan {
  const owned = virtualServices.map((one) => ({ ...one, owner: name }));
  const addresses = owned.flatMap(({ service: { key } }) => ("mark" in key ? [] : [key.address]));
  return {
    name,
    createdMs: 0,
    virtualServices: owned,
    addresses: [...new Set(addresses)],
    findings: [],
    healthCheck: undefined,
    noLocalEndpoints: { internal: [], external: [] },
    ...parts,
  };
}
