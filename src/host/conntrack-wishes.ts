/** The kernel settings of connection tracking that a configuration asks for, as data. */
import type { SysctlWish } from "./sysctl.ts";

/** What of a table made of processors is more than any node needs; a larger `min` is still honoured. */
const SCALED_ENTRIES_MAX = 1_048_576;

/** Entries for each bucket of the table. */
const ENTRIES_PER_BUCKET = 4;

/** Wishes for connection tracking; undefined leaves what is set. */
export interface ConntrackLimits {
  /** Entries per processor; undefined leaves the table's size, whatever `min` says. */
  readonly maxPerCore: number | undefined;
  readonly min: number;
  readonly tcpEstablishedS: number | undefined;
  readonly tcpCloseWaitS: number | undefined;
  readonly tcpBeLiberal: true | undefined;
  readonly udpS: number | undefined;
  readonly udpStreamS: number | undefined;
}

/** Entries that the table may hold on a node of `cpuCount` processors; undefined leaves what is set. */
export function conntrackMax(
  { maxPerCore, min }: Pick<ConntrackLimits, "maxPerCore" | "min">,
  cpuCount: number,
): number | undefined {
  if (maxPerCore === undefined) return undefined;
  return Math.max(Math.min(maxPerCore * cpuCount, SCALED_ENTRIES_MAX), min);
}

/** What should hold below `/proc/sys`. */
export function conntrackSysctls(limits: ConntrackLimits, cpuCount: number): readonly SysctlWish[] {
  const { tcpEstablishedS, tcpCloseWaitS, tcpBeLiberal, udpS, udpStreamS } = limits;
  const entries = conntrackMax(limits, cpuCount);
  return [
    ...wish("max", entries, "connections are tracked in a table that is large enough"),
    ...wish("tcp_timeout_established", tcpEstablishedS, "idle connections are kept this long (s)"),
    ...wish("tcp_timeout_close_wait", tcpCloseWaitS, "half-closed connections end (s)"),
    ...wish(
      "tcp_be_liberal",
      tcpBeLiberal && 1,
      "packets out of the window are not called invalid",
    ),
    ...wish("udp_timeout", udpS, "UDP flows without an answer are kept this long (s)"),
    ...wish("udp_timeout_stream", udpStreamS, "UDP flows with answers are kept this long (s)"),
  ];
}

/** What should hold below `/sys/module`: buckets for the entries, raised where there are fewer. */
export function conntrackModuleSettings(
  limits: ConntrackLimits,
  cpuCount: number,
): readonly SysctlWish[] {
  const entries = conntrackMax(limits, cpuCount);
  if (entries === undefined) return [];
  return [
    {
      name: "nf_conntrack/parameters/hashsize",
      value: String(Math.floor(entries / ENTRIES_PER_BUCKET)),
      atLeast: true,
      why: "a tracked connection is found in few steps",
    },
  ];
}

function wish(name: string, value: number | undefined, why: string): readonly SysctlWish[] {
  if (value === undefined) return [];
  return [{ name: `net/netfilter/nf_conntrack_${name}`, value: String(value), why }];
}
