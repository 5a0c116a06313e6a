/** The kernel settings that IPVS for Kubernetes Services needs, as data. */
import type { SysctlWish } from "./sysctl.ts";

const ALWAYS: readonly SysctlWish[] = [
  {
    name: "net/ipv4/ip_forward",
    value: "1",
    why: "packets to pods of other nodes are forwarded",
  },
  {
    name: "net/ipv4/vs/conntrack",
    value: "1",
    why: "connections through IPVS are known to netfilter, so that masquerading works",
  },
  {
    name: "net/ipv4/vs/expire_nodest_conn",
    value: "1",
    why: "connections of a removed destination end at once instead of hanging",
  },
  {
    name: "net/ipv4/vs/expire_quiescent_template",
    value: "1",
    why: "client affinity does not hold clients at a destination of weight 0",
  },
];

const STRICT_ARP: readonly SysctlWish[] = [
  {
    name: "net/ipv4/conf/all/arp_ignore",
    value: "1",
    why: "ARP for an address is answered only on the interface that has it",
  },
  {
    name: "net/ipv4/conf/all/arp_announce",
    value: "2",
    why: "ARP announces only addresses of the interface that it goes out on",
  },
];

const NO_CONNECTION_REUSE: SysctlWish = {
  name: "net/ipv4/vs/conn_reuse_mode",
  value: "0",
  why: "from 4.1 to 5.8 a reused client port costs a second while conntrack is on",
};

/** What the configuration adds. */
export interface SysctlOptions {
  /** Answer ARP for an address only on the interface that has it. */
  readonly strictArp: boolean;
}

/**
 * What should hold on a kernel of this `release` (`uname -r`, such as `5.10.0-28-amd64`).
 *
 * `net/ipv6/conf/all/forwarding` is left alone on purpose: setting it makes the node ignore router
 * advertisements, and that may cost its default route.
 */
export function sysctlWishes(
  release: string,
  { strictArp }: SysctlOptions = { strictArp: false },
): readonly SysctlWish[] {
  return [
    ...ALWAYS,
    ...(reusesSlowly(release) ? [NO_CONNECTION_REUSE] : []),
    ...(strictArp ? STRICT_ARP : []),
  ];
}

/** `conn_reuse_mode` came with 4.1, and its delay with conntrack left with 5.9. */
function reusesSlowly(release: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  if (major === undefined || minor === undefined) return false;
  const version = Number(major) * 1_000 + Number(minor);
  return version >= 4_001 && version < 5_009;
}
