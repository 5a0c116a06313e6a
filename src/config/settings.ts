/** Every setting with its names: in the file, as flags, in our words and in kube-proxy's. Reads nothing. */
import { parseDuration } from "../base/duration.ts";

/** How a setting is written in a file; a flag is always text. */
export type ValueType = "text" | "duration" | "integer" | "boolean" | "list";

/** A name of a setting: path in the file, flag on the command line; either may be missing. */
interface Names {
  readonly field?: string;
  readonly flag?: string;
}

/** Names that kube-proxy has too, and what differs where they are used. */
export interface KubeProxyNames extends Names {
  /** Where it is not that of the setting. */
  readonly type?: ValueType;
  /** Zero in a file means "not set": kubeadm writes every field that nobody set as zero. */
  readonly zeroIsUnset?: true;
  /** What an empty flag means, where it does not mean "not set". */
  readonly emptyFlag?: string;
  /** kube-proxy's value in our words, undefined for what is none of `values`. */
  readonly inOurWords?: (text: string) => string | undefined;
  /** What `inOurWords` knows. */
  readonly values?: string;
}

/** One setting. A KubeIpvsConfiguration has its own names and kube-proxy's, the other kind kube-proxy's only. */
export interface Setting {
  readonly type: ValueType;
  /** Beats kube-proxy's name where both are given. */
  readonly own?: Names;
  readonly kubeProxy?: KubeProxyNames;
}

/** klog: 2 is what most clusters run with, 4 is debugging, 6 and more shows each request. */
const VERBOSITY_DEBUG = 4;
const VERBOSITY_TRACE = 6;

function levelOfVerbosity(text: string): string | undefined {
  if (!/^\d+$/.test(text)) return undefined;
  const verbosity = Number(text);
  if (verbosity >= VERBOSITY_TRACE) return "trace";
  return verbosity >= VERBOSITY_DEBUG ? "debug" : "info";
}

/** `text` is kube-proxy's default, written out by tools: it says nothing about what is wanted here. */
const FORMAT_OF_KUBE_PROXY: ReadonlyMap<string, string> = new Map([
  ["text", "auto"],
  ["json", "json"],
]);

/** kube-proxy takes any; an audit more often than once a second is no better. */
function atLeastOneSecond(text: string): string | undefined {
  const ms = parseDuration(text);
  return ms !== undefined && ms > 0 && ms < 1_000 ? "1s" : text;
}

/** All of them. */
export const SETTINGS = {
  manifests: { type: "text", own: { field: "manifests", flag: "--manifests" } },
  kubeconfig: {
    type: "text",
    kubeProxy: { field: "clientConnection.kubeconfig", flag: "--kubeconfig" },
  },
  master: { type: "text", kubeProxy: { flag: "--master" } },
  nodeName: {
    type: "text",
    own: { field: "nodeName", flag: "--node-name" },
    kubeProxy: { field: "hostnameOverride", flag: "--hostname-override" },
  },
  mode: { type: "text", kubeProxy: { field: "mode", flag: "--proxy-mode" } },
  initOnly: { type: "boolean", kubeProxy: { flag: "--init-only" } },

  scheduler: {
    type: "text",
    own: { field: "scheduler.default", flag: "--scheduler" },
    kubeProxy: { field: "ipvs.scheduler", flag: "--ipvs-scheduler" },
  },
  schedulerFlags: {
    type: "list",
    own: { field: "scheduler.flags", flag: "--scheduler-flags" },
  },
  drainTimeout: { type: "duration", own: { field: "drainTimeout", flag: "--drain-timeout" } },
  minSyncPeriod: {
    type: "duration",
    own: { field: "minSyncPeriod" },
    kubeProxy: {
      field: "ipvs.minSyncPeriod",
      flag: "--ipvs-min-sync-period",
      zeroIsUnset: true,
    },
  },
  // kube-proxy writes everything again in this period, so it is the time in which drift is repaired.
  auditPeriod: {
    type: "duration",
    own: { field: "auditPeriod" },
    kubeProxy: {
      field: "ipvs.syncPeriod",
      flag: "--ipvs-sync-period",
      zeroIsUnset: true,
      inOurWords: atLeastOneSecond,
      values: "a duration such as 30s",
    },
  },
  excludeRanges: {
    type: "list",
    kubeProxy: { field: "ipvs.excludeCIDRs", flag: "--ipvs-exclude-cidrs" },
  },
  strictArp: {
    type: "boolean",
    kubeProxy: { field: "ipvs.strictARP", flag: "--ipvs-strict-arp" },
  },
  tcpTimeout: {
    type: "duration",
    kubeProxy: { field: "ipvs.tcpTimeout", flag: "--ipvs-tcp-timeout" },
  },
  tcpFinTimeout: {
    type: "duration",
    kubeProxy: { field: "ipvs.tcpFinTimeout", flag: "--ipvs-tcpfin-timeout" },
  },
  udpTimeout: {
    type: "duration",
    kubeProxy: { field: "ipvs.udpTimeout", flag: "--ipvs-udp-timeout" },
  },

  masqueradeBit: {
    type: "integer",
    kubeProxy: { field: "iptables.masqueradeBit", flag: "--iptables-masquerade-bit" },
  },
  masqueradeAll: {
    type: "boolean",
    kubeProxy: { field: "iptables.masqueradeAll", flag: "--masquerade-all" },
  },
  detectLocalMode: {
    type: "text",
    kubeProxy: { field: "detectLocalMode", flag: "--detect-local-mode" },
  },
  clusterRanges: { type: "text", kubeProxy: { field: "clusterCIDR", flag: "--cluster-cidr" } },
  bridgeInterface: {
    type: "text",
    kubeProxy: { field: "detectLocal.bridgeInterface", flag: "--pod-bridge-interface" },
  },
  interfacePrefix: {
    type: "text",
    kubeProxy: { field: "detectLocal.interfaceNamePrefix", flag: "--pod-interface-name-prefix" },
  },
  nodePortAddresses: {
    type: "list",
    kubeProxy: { field: "nodePortAddresses", flag: "--nodeport-addresses" },
  },
  externalRanges: {
    type: "list",
    own: { field: "externalIPCIDRs", flag: "--external-ip-cidrs" },
  },

  bindAddress: { type: "text", kubeProxy: { field: "bindAddress", flag: "--bind-address" } },
  bindAddressHardFail: {
    type: "boolean",
    kubeProxy: { field: "bindAddressHardFail", flag: "--bind-address-hard-fail" },
  },
  healthz: {
    type: "text",
    kubeProxy: {
      field: "healthzBindAddress",
      flag: "--healthz-bind-address",
      emptyFlag: "none",
    },
  },
  healthzPort: { type: "integer", kubeProxy: { flag: "--healthz-port" } },
  metrics: {
    type: "text",
    kubeProxy: {
      field: "metricsBindAddress",
      flag: "--metrics-bind-address",
      emptyFlag: "none",
    },
  },
  metricsPort: { type: "integer", kubeProxy: { flag: "--metrics-port" } },

  conntrackMaxPerCore: {
    type: "integer",
    kubeProxy: { field: "conntrack.maxPerCore", flag: "--conntrack-max-per-core" },
  },
  conntrackMin: {
    type: "integer",
    kubeProxy: { field: "conntrack.min", flag: "--conntrack-min" },
  },
  conntrackTcpEstablished: {
    type: "duration",
    kubeProxy: {
      field: "conntrack.tcpEstablishedTimeout",
      flag: "--conntrack-tcp-timeout-established",
    },
  },
  conntrackTcpCloseWait: {
    type: "duration",
    kubeProxy: {
      field: "conntrack.tcpCloseWaitTimeout",
      flag: "--conntrack-tcp-timeout-close-wait",
    },
  },
  conntrackTcpBeLiberal: {
    type: "boolean",
    kubeProxy: { field: "conntrack.tcpBeLiberal", flag: "--conntrack-tcp-be-liberal" },
  },
  conntrackUdp: {
    type: "duration",
    kubeProxy: { field: "conntrack.udpTimeout", flag: "--conntrack-udp-timeout" },
  },
  conntrackUdpStream: {
    type: "duration",
    kubeProxy: { field: "conntrack.udpStreamTimeout", flag: "--conntrack-udp-timeout-stream" },
  },
  oomScoreAdj: { type: "integer", kubeProxy: { field: "oomScoreAdj", flag: "--oom-score-adj" } },

  logLevel: {
    type: "text",
    own: { field: "logLevel", flag: "--log-level" },
    kubeProxy: {
      field: "logging.verbosity",
      flag: "--v",
      type: "integer",
      zeroIsUnset: true,
      inOurWords: levelOfVerbosity,
      values: "a whole number such as 2",
    },
  },
  logFormat: {
    type: "text",
    own: { field: "logFormat", flag: "--log-format" },
    kubeProxy: {
      field: "logging.format",
      flag: "--logging-format",
      inOurWords: (text) => FORMAT_OF_KUBE_PROXY.get(text),
      values: "text or json",
    },
  },
  statusSocket: { type: "text", own: { field: "statusSocket", flag: "--status-socket" } },
} as const satisfies Record<string, Setting>;

/** Our name for a setting. */
export type SettingName = keyof typeof SETTINGS;
