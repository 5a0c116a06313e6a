/** The IPVS table of one network namespace, in domain words: no netlink type crosses this interface. */
import type { ObservedDestination, ObservedService } from "../model/counters.ts";
import type { IpvsOperation, OperationFailure } from "../model/operation.ts";
import type { SchedulerName } from "../model/scheduler.ts";
import type { ServiceKey } from "../model/virtual-service.ts";

/** What the kernel says of its IPVS (`IPVS_CMD_GET_INFO`). */
export interface IpvsInfo {
  /** Such as `1.2.1`. */
  readonly version: string;
  /** Buckets of the connection table. */
  readonly connectionTableSize: number;
}

/** Idle timeouts in seconds (`IPVS_CMD_GET_CONFIG`). */
export interface IpvsTimeouts {
  readonly tcpS: number;
  readonly tcpFinS: number;
  readonly udpS: number;
}

/** All methods reject with a `NetlinkError` when the socket or the kernel fails as a whole. */
export interface Ipvs {
  info(): Promise<IpvsInfo>;
  timeouts(): Promise<IpvsTimeouts>;
  /** A value of 0 keeps what is set. */
  setTimeouts(timeouts: IpvsTimeouts): Promise<void>;
  /** Every virtual service, also those that others made. An empty table is `[]`. */
  services(): Promise<readonly ObservedService[]>;
  /** Shows each of them once, made when its turn comes: all of 10,000 at a time would be 25 MB of memory. */
  eachService(visit: (service: ObservedService) => void): Promise<void>;
  /** The destinations of each key, in the order of the keys; `undefined` where no such service is. */
  destinations(
    keys: readonly ServiceKey[],
  ): Promise<(readonly ObservedDestination[] | undefined)[]>;
  /**
   * Writes all operations in order, in batches. An operation that the kernel refuses does not stop
   * the others; the refusals come back in order of their index. Deleting what is absent is success;
   * adding what is present is refused with `EEXIST`.
   */
  write(operations: readonly IpvsOperation[]): Promise<readonly OperationFailure[]>;
  /**
   * True when the kernel has (or could load) the scheduler. Nothing is created to find out.
   * `undefined` where the kernel gives no way to ask without creating something.
   */
  hasScheduler(name: SchedulerName): Promise<boolean | undefined>;
  close(): void;
}
