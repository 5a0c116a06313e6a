/** The schedulers of the kernel (`net/netfilter/ipvs/ip_vs_*.c`) and the flags that each reads. */
import type { SchedulerFlag } from "./virtual-service.ts";

/** Every scheduler of Linux 6.x by its kernel name, with a line for help texts. */
export const SCHEDULERS = {
  rr: "round robin",
  wrr: "weighted round robin",
  lc: "least connections",
  wlc: "weighted least connections",
  lblc: "locality-based least connections",
  lblcr: "locality-based least connections with replication",
  dh: "destination hashing",
  sh: "source hashing",
  mh: "Maglev hashing",
  sed: "shortest expected delay",
  nq: "never queue",
  fo: "weighted failover",
  ovf: "weighted overflow",
  twos: "power of two random choices",
} as const satisfies Record<string, string>;

/** A scheduler's kernel name. */
export type SchedulerName = keyof typeof SCHEDULERS;

/** All scheduler names, in the order that texts list them. */
export const SCHEDULER_NAMES = Object.keys(SCHEDULERS) as readonly SchedulerName[];

/** True when `text` is the name of a scheduler that some kernel has. */
export function isSchedulerName(text: string): text is SchedulerName {
  return Object.hasOwn(SCHEDULERS, text);
}

/**
 * The flags users may write, with the scheduler that reads each and its kernel bit
 * (`IP_VS_SVC_F_SCHED_SH_FALLBACK`, `_SH_PORT`, `_MH_FALLBACK`, `_MH_PORT`).
 */
export const SCHEDULER_FLAGS = {
  "sh-fallback": { scheduler: "sh", flag: "flag-1" },
  "sh-port": { scheduler: "sh", flag: "flag-2" },
  "mh-fallback": { scheduler: "mh", flag: "flag-1" },
  "mh-port": { scheduler: "mh", flag: "flag-2" },
} as const satisfies Record<string, { scheduler: SchedulerName; flag: SchedulerFlag }>;

/** A flag's name as users write it. */
export type SchedulerFlagName = keyof typeof SCHEDULER_FLAGS;

/** A scheduler with its flags: what an annotation, a default or the kernel says. */
export interface SchedulerChoice {
  readonly scheduler: string;
  readonly schedulerFlags: readonly SchedulerFlag[];
}
