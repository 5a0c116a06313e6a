/** What the kernel counts. Read only: nothing here takes part in a comparison of settings. */
import type { Destination, VirtualService } from "./virtual-service.ts";

/** Totals and rates of a virtual service or destination (`IPVS_STATS_ATTR_*`, 64-bit where present). */
export interface Traffic {
  readonly connections: bigint;
  readonly packetsIn: bigint;
  readonly packetsOut: bigint;
  readonly bytesIn: bigint;
  readonly bytesOut: bigint;
  /** Per second, by the kernel's estimator; all 0 where `run_estimation` is off. */
  readonly connectionsPerS: bigint;
  readonly packetsInPerS: bigint;
  readonly packetsOutPerS: bigint;
  readonly bytesInPerS: bigint;
  readonly bytesOutPerS: bigint;
}

/** A virtual service as read from the kernel. */
export interface ObservedService extends VirtualService {
  /** Decoded when it is asked for: of a dump mostly the names and settings are wanted. */
  readonly traffic: () => Traffic;
}

/** A destination as read from the kernel. */
export interface ObservedDestination extends Destination {
  /** Connections in an established state (`IPVS_DEST_ATTR_ACTIVE_CONNS`). */
  readonly activeConnections: number;
  /** Connections in any other state, closing ones mostly (`IPVS_DEST_ATTR_INACT_CONNS`). */
  readonly inactiveConnections: number;
  /** Client affinity entries that point here (`IPVS_DEST_ATTR_PERSIST_CONNS`). */
  readonly persistentConnections: number;
  /** Decoded when it is asked for. */
  readonly traffic: () => Traffic;
}
