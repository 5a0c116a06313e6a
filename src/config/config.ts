/** What the agent is set to do: the result of flags, environment, file and defaults. */
import type { SchedulerChoice } from "../model/scheduler.ts";

/** Levels of the log, the loudest first, as pino names them. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/** `auto`: pretty on a terminal, JSON anywhere else. */
export const LOG_FORMATS = ["auto", "pretty", "json"] as const;

/** Settings of `kube-ipvs run`; every field has its final value. */
export interface Config {
  /** Folder of manifests. */
  readonly manifests: string;
  /** Name of this node in the cluster, in lower case. */
  readonly nodeName: string;
  /** For Services that name none. */
  readonly scheduler: SchedulerChoice;
  /** How long a removed backend may keep its connections, for Services that do not say. */
  readonly drainTimeoutMs: number;
  /** Least time between the end of a pass and the start of the next. */
  readonly minSyncPeriodMs: number;
  /** Time in which every part of the kernel's table is compared once. */
  readonly auditPeriodMs: number;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly logFormat: (typeof LOG_FORMATS)[number];
  /** Path of the Unix socket on which `status` is answered. */
  readonly statusSocket: string;
}

/** Defaults as a user would write them. */
export const CONFIG_DEFAULTS = {
  scheduler: "rr",
  schedulerFlags: "",
  drainTimeout: "30s",
  minSyncPeriod: "10ms",
  auditPeriod: "30s",
  logLevel: "info",
  logFormat: "auto",
  statusSocket: "/run/kube-ipvs/agent.sock",
} as const;
