/** What the agent is set to do: the result of flags, environment, file and defaults. */
import type { Address } from "../model/address.ts";
import type { NodePortAddresses } from "../model/node-port-addresses.ts";
import type { Range } from "../model/range.ts";
import type { SchedulerChoice } from "../model/scheduler.ts";

/** Levels of the log, the loudest first, as pino names them. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

/** `auto`: pretty on a terminal, JSON anywhere else. */
export const LOG_FORMATS = ["auto", "pretty", "json"] as const;

/** Where Services, EndpointSlices and the Node come from. */
export type SourceChoice =
  | { readonly kind: "manifests"; readonly folder: string }
  | {
      readonly kind: "api";
      /** Path of a kubeconfig; undefined with an empty `master`: this pod's own service account. */
      readonly kubeconfig: string | undefined;
      /** URL that beats the server of the kubeconfig; "" leaves it (client-go's `--master`). */
      readonly master: string;
    };

/**
 * How traffic of this side (pods) is told from all other, which is masqueraded on its way to a cluster
 * address. Ranges may be of one family; for the other one nothing is detected then.
 */
export type DetectLocal =
  | { readonly mode: "cluster-cidr"; readonly ranges: readonly Range[] }
  /** By the `podCIDRs` of this Node. */
  | { readonly mode: "node-cidr" }
  | { readonly mode: "bridge"; readonly interface: string }
  | { readonly mode: "interface-prefix"; readonly prefix: string }
  /** Nothing is known, so only `masqueradeAll` masquerades it. */
  | { readonly mode: "none" };

/** Where to listen. */
export interface ListenAddress {
  readonly host: Address;
  readonly port: number;
}

/** Wishes for the connection tracking of the kernel; undefined leaves what is set. */
export interface ConntrackSettings {
  /** Entries per processor, of which `nf_conntrack_max` is made: at least `min`. */
  readonly maxPerCore: number | undefined;
  readonly min: number;
  readonly tcpEstablishedS: number | undefined;
  readonly tcpCloseWaitS: number | undefined;
  readonly tcpBeLiberal: true | undefined;
  readonly udpS: number | undefined;
  readonly udpStreamS: number | undefined;
}

/** Settings of `kube-ipvs run`; every field has its final value. */
export interface Config {
  readonly source: SourceChoice;
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
  readonly detectLocal: DetectLocal;
  /** Bit (0 to 31) of the mark that asks for masquerade. */
  readonly masqueradeBit: number;
  /** Masquerade everything that goes to a cluster address. */
  readonly masqueradeAll: boolean;
  readonly nodePortAddresses: NodePortAddresses;
  /** `spec.externalIPs` outside of these are refused; empty: all are allowed. */
  readonly externalRanges: readonly Range[];
  /** Virtual services of others that have addresses in these are never touched. */
  readonly excludeRanges: readonly Range[];
  /** Answer ARP for an address only on the interface that has it. */
  readonly strictArp: boolean;
  /** The kernel's IPVS timeouts in seconds; 0 keeps what is set. */
  readonly ipvsTimeouts: { readonly tcpS: number; readonly tcpFinS: number; readonly udpS: number };
  readonly conntrack: ConntrackSettings;
  /** Beats the Node's main address of its family; undefined for none (`0.0.0.0`, `::`). Nothing is bound to it. */
  readonly bindAddress: Address | undefined;
  /** `/healthz`, `/livez` and `/readyz`; undefined: not served. */
  readonly healthz: ListenAddress | undefined;
  /** `/metrics` and `/proxyMode`; undefined: not served. */
  readonly metrics: ListenAddress | undefined;
  /** End when one of the two cannot be bound, instead of trying again. */
  readonly bindAddressHardFail: boolean;
  /** -1000 to 1000, for /proc/self/oom_score_adj. */
  readonly oomScoreAdj: number;
  /** Set sysctls and timeouts of the kernel, and end. */
  readonly initOnly: boolean;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly logFormat: (typeof LOG_FORMATS)[number];
  /** Path of the Unix socket on which `status` is answered. */
  readonly statusSocket: string;
  /** What was set and has no effect here, each as `field: why`; to be said once at start. */
  readonly ignored: readonly string[];
}

/** Defaults as a user would write them; those that kube-proxy has are kube-proxy's. */
export const CONFIG_DEFAULTS = {
  scheduler: "rr",
  schedulerFlags: "",
  drainTimeout: "30s",
  minSyncPeriod: "10ms",
  auditPeriod: "30s",
  masqueradeBit: 14,
  conntrackMaxPerCore: 32_768,
  conntrackMin: 131_072,
  conntrackTcpEstablished: "24h",
  conntrackTcpCloseWait: "1h",
  bindAddress: "0.0.0.0",
  healthzPort: 10_256,
  metricsPort: 10_249,
  oomScoreAdj: -999,
  logLevel: "info",
  logFormat: "auto",
  statusSocket: "/run/kube-ipvs/agent.sock",
} as const;
