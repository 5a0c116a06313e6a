/** What kube-proxy can be told and this agent has no use for, with the reason: accepted, and said at start. */
import { parseDuration } from "../base/duration.ts";

/** One field or flag (or both, of one meaning) that has no effect. */
interface IgnoredSetting {
  /** Path in the file; a section stands for all of its fields. */
  readonly field?: string;
  readonly flag?: string;
  /** kube-proxy's default, which tools write out: nothing is lost when it is ignored. */
  readonly defaults?: readonly string[];
  readonly why: string;
}

const NO_REQUEST_LIMIT = "requests are few (lists in pages, then watches) and are not limited";
const SPEAKS_PROTOBUF = "the API server is asked for protobuf, and JSON is taken, too";
const NOT_IPVS_MODE = "it belongs to another mode, kube-proxy's IPVS mode does not read it either";
const GO_LOG =
  "it is about the log of a Go program; here every line goes to standard output at once";
const MACHINE_FACTS = "nothing is told about the machine";
const WINDOWS = "it is for Windows";

/** Fields, and the flags of the same meaning. */
const IGNORED_SETTINGS: readonly IgnoredSetting[] = [
  {
    field: "configSyncPeriod",
    flag: "--config-sync-period",
    defaults: ["15m"],
    why: "nothing has to be told again by the clock: watches do not stop, and an audit compares the kernel",
  },
  {
    field: "clientConnection.qps",
    flag: "--kube-api-qps",
    defaults: ["5"],
    why: NO_REQUEST_LIMIT,
  },
  {
    field: "clientConnection.burst",
    flag: "--kube-api-burst",
    defaults: ["10"],
    why: NO_REQUEST_LIMIT,
  },
  {
    field: "clientConnection.contentType",
    flag: "--kube-api-content-type",
    defaults: ["application/vnd.kubernetes.protobuf", "application/json"],
    why: SPEAKS_PROTOBUF,
  },
  { field: "clientConnection.acceptContentTypes", why: SPEAKS_PROTOBUF },
  {
    field: "enableProfiling",
    flag: "--profiling",
    why: "there is no Go profile; Node's own inspector serves instead (NODE_OPTIONS=--inspect)",
  },
  { field: "featureGates", flag: "--feature-gates", why: "there are no feature gates" },
  {
    field: "showHiddenMetricsForVersion",
    flag: "--show-hidden-metrics-for-version",
    why: "no metric is hidden",
  },
  {
    field: "iptables.localhostNodePorts",
    flag: "--iptables-localhost-nodeports",
    defaults: ["true"],
    why: NOT_IPVS_MODE,
  },
  {
    field: "iptables.syncPeriod",
    flag: "--iptables-sync-period",
    defaults: ["30s"],
    why: NOT_IPVS_MODE,
  },
  {
    field: "iptables.minSyncPeriod",
    flag: "--iptables-min-sync-period",
    defaults: ["1s"],
    why: NOT_IPVS_MODE,
  },
  { field: "nftables", defaults: ["14", "30s", "1s"], why: NOT_IPVS_MODE },
  { field: "winkernel", why: WINDOWS },
  { field: "windowsRunAsService", flag: "--windows-service", why: WINDOWS },
  {
    field: "portRange",
    flag: "--proxy-port-range",
    why: "it means nothing since kube-proxy has no userspace mode",
  },
  { field: "udpIdleTimeout", why: "it means nothing since kube-proxy has no userspace mode" },
  {
    field: "logging.flushFrequency",
    flag: "--log-flush-frequency",
    defaults: ["5s", "5000000000"],
    why: GO_LOG,
  },
  { field: "logging.vmodule", flag: "--vmodule", why: GO_LOG },
  { field: "logging.options", why: GO_LOG },
  { flag: "--boot-id-file", defaults: ["/proc/sys/kernel/random/boot_id"], why: MACHINE_FACTS },
  {
    flag: "--machine-id-file",
    defaults: ["/etc/machine-id,/var/lib/dbus/machine-id"],
    why: MACHINE_FACTS,
  },
  { flag: "--log-json-info-buffer-size", why: GO_LOG },
  { flag: "--log-json-split-stream", why: GO_LOG },
  { flag: "--log-text-info-buffer-size", why: GO_LOG },
  { flag: "--log-text-split-stream", why: GO_LOG },
  { flag: "--logtostderr", defaults: ["true"], why: GO_LOG },
  { flag: "--alsologtostderr", why: GO_LOG },
  { flag: "--stderrthreshold", defaults: ["2"], why: GO_LOG },
  { flag: "--log-dir", why: GO_LOG },
  { flag: "--log-file", why: GO_LOG },
  { flag: "--log-file-max-size", defaults: ["1800"], why: GO_LOG },
  { flag: "--log-backtrace-at", why: GO_LOG },
  { flag: "--one-output", why: GO_LOG },
  { flag: "--add-dir-header", why: GO_LOG },
  { flag: "--skip-headers", why: GO_LOG },
  { flag: "--skip-log-headers", why: GO_LOG },
];

/** Those of them that are switches: `--profiling` alone means true. */
const IGNORED_SWITCHES: ReadonlySet<string> = new Set([
  "--profiling",
  "--iptables-localhost-nodeports",
  "--windows-service",
  "--log-json-split-stream",
  "--log-text-split-stream",
  "--logtostderr",
  "--alsologtostderr",
  "--one-output",
  "--add-dir-header",
  "--skip-headers",
  "--skip-log-headers",
]);

/** Paths of the fields, for whoever reads a file. */
export const IGNORED_FIELDS: readonly string[] = IGNORED_SETTINGS.flatMap(({ field }) =>
  field === undefined ? [] : [field],
);

/** The flags, for whoever reads a command line. */
export const IGNORED_FLAGS: readonly { readonly flag: string; readonly isSwitch: boolean }[] =
  IGNORED_SETTINGS.flatMap(({ flag }) =>
    flag === undefined ? [] : [{ flag, isSwitch: IGNORED_SWITCHES.has(flag) }],
  );

/** `path: why` for each part of the field `path` that somebody set to something. */
export function ignoredField(path: string, value: unknown): readonly string[] {
  const setting = IGNORED_SETTINGS.find(({ field }) => field === path);
  if (setting === undefined) return [];
  return meant(path, value, setting).map((name) => `${name}: ${setting.why}`);
}

/** `--flag: why`, when somebody set the flag to something. */
export function ignoredFlag(flag: string, value: string | boolean): readonly string[] {
  const setting = IGNORED_SETTINGS.find((candidate) => candidate.flag === flag);
  if (setting === undefined) return [];
  return meant(flag, value, setting).map((name) => `${name}: ${setting.why}`);
}

/** Names of what is neither empty nor kube-proxy's default. */
function meant(name: string, value: unknown, setting: IgnoredSetting): readonly string[] {
  if (name !== "featureGates" && typeof value === "object" && value !== null) {
    if (Array.isArray(value)) return value.length === 0 ? [] : [name];
    return Object.entries(value).flatMap(([key, item]) => meant(`${name}.${key}`, item, setting));
  }
  return isNothing(value) || setting.defaults?.some((one) => isSame(one, value)) ? [] : [name];
}

function isNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === false) return true;
  if (typeof value === "object") return Object.keys(value).length === 0;
  return value === "" || value === "false" || parseDuration(String(value)) === 0;
}

/** `15m` is `15m0s`. */
function isSame(one: string, value: unknown): boolean {
  const text = String(value);
  const ms = parseDuration(one);
  return one === text || (ms !== undefined && ms === parseDuration(text));
}
