/** What one Kubernetes Service asks of the kernel: the result of planning, before conflicts are decided. */
import type { Address, Family } from "../model/address.ts";
import type { ObjectName } from "../model/cluster.ts";
import type { Finding } from "../model/finding.ts";
import type { FilterObject } from "../model/packet-filter.ts";
import type {
  Destination,
  DestinationId,
  ServiceId,
  SocketKey,
  VirtualService,
} from "../model/virtual-service.ts";

/** By what packets come to a virtual service: `local-clients` is the firewall mark of the cluster's own. */
export type FrontendKind = "cluster" | "external" | "load-balancer" | "node-port" | "local-clients";

/** One virtual service that a Service wants. */
export interface PlannedService {
  /** The text of `service.key`, kept because every map is keyed by it. */
  readonly id: ServiceId;
  readonly service: VirtualService;
  /** `namespace/name` of the Service that wants it. */
  readonly owner: ObjectName;
  /** Name of the Service port, "" for an unnamed one. */
  readonly portName: string;
  readonly kind: FrontendKind;
  /**
   * Only of one that is keyed by a firewall mark: the addresses and ports whose packets are marked.
   * They are of one protocol. None where it only keeps open connections: see {@link isLeaving}.
   */
  readonly frontends: readonly SocketKey[];
  /** What it needs in the packet filter; not in force while another Service holds the virtual service. */
  readonly elements: readonly FilterObject[];
  /** In the order to add them to the kernel: by a hash of node name and endpoint. */
  readonly destinations: ReadonlyMap<DestinationId, Destination>;
  /** Endpoints that Kubernetes still lists but that take no new connections: their pods still run. */
  readonly lingering: ReadonlySet<DestinationId>;
  /** How long a removed destination may keep its connections; 0 removes it at once. */
  readonly drainTimeoutMs: number;
}

/**
 * True for the virtual service of a firewall mark that no packet gets any more: what it still holds drains,
 * and it goes with the last of that. It is never added.
 */
export function isLeaving({ kind, frontends }: PlannedService): boolean {
  return kind === "local-clients" && frontends.length === 0;
}

/** What load balancers ask this node for (`spec.healthCheckNodePort`). */
export interface HealthCheck {
  readonly port: number;
  /** Distinct ready endpoints on this node, over all ports. */
  readonly localEndpoints: number;
}

/** The families in which traffic of a Service with a policy Local finds endpoints elsewhere, and none on this node. */
export interface NoLocalEndpoints {
  readonly internal: readonly Family[];
  readonly external: readonly Family[];
}

/** All that one Service wants. Pure data: two plans of equal input are deeply equal. */
export interface ServicePlan {
  readonly name: ObjectName;
  /** Decides conflicts: the older Service wins, then the smaller name. */
  readonly createdMs: number;
  readonly virtualServices: readonly PlannedService[];
  /** Addresses to hold on `kube-ipvs0`; no duplicates. */
  readonly addresses: readonly Address[];
  readonly healthCheck: HealthCheck | undefined;
  readonly noLocalEndpoints: NoLocalEndpoints;
  readonly findings: readonly Finding[];
}
