/**
 * What kube-proxy's IPVS mode (up to 1.35) leaves behind on a node, by name. Nothing that is not named
 * here is ever taken away: kubelet, CNI plugins and people have objects of their own beside these.
 */

/** Chains that kube-proxy fills, by table; the same for IPv4 and IPv6. */
export const KUBE_PROXY_CHAINS = {
  nat: [
    "KUBE-SERVICES",
    "KUBE-POSTROUTING",
    "KUBE-NODE-PORT",
    "KUBE-LOAD-BALANCER",
    "KUBE-MARK-MASQ",
  ],
  filter: [
    "KUBE-FORWARD",
    "KUBE-NODE-PORT",
    "KUBE-PROXY-FIREWALL",
    "KUBE-SOURCE-RANGES-FIREWALL",
    "KUBE-IPVS-FILTER",
    "KUBE-IPVS-OUT-FILTER",
  ],
} as const;

/** Those that only its IPVS mode makes: its iptables mode and older kubelets share the names of the others. */
export const IPVS_MODE_CHAINS: ReadonlySet<unknown> = new Set([
  "KUBE-NODE-PORT",
  "KUBE-LOAD-BALANCER",
  "KUBE-SOURCE-RANGES-FIREWALL",
  "KUBE-IPVS-FILTER",
  "KUBE-IPVS-OUT-FILTER",
]);

/** Its jumps from the chains that the kernel enters. */
export const KUBE_PROXY_JUMPS: readonly (readonly [
  table: keyof typeof KUBE_PROXY_CHAINS,
  from: string,
  to: string,
  comment: string,
])[] = [
  ["nat", "PREROUTING", "KUBE-SERVICES", "kubernetes service portals"],
  ["nat", "OUTPUT", "KUBE-SERVICES", "kubernetes service portals"],
  ["nat", "POSTROUTING", "KUBE-POSTROUTING", "kubernetes postrouting rules"],
  ["filter", "FORWARD", "KUBE-FORWARD", "kubernetes forwarding rules"],
  ["filter", "FORWARD", "KUBE-PROXY-FIREWALL", "kube-proxy firewall rules"],
  ["filter", "INPUT", "KUBE-NODE-PORT", "kubernetes health check rules"],
  ["filter", "INPUT", "KUBE-PROXY-FIREWALL", "kube-proxy firewall rules"],
  ["filter", "INPUT", "KUBE-IPVS-FILTER", "kubernetes ipvs access filter"],
  ["filter", "OUTPUT", "KUBE-IPVS-OUT-FILTER", "kubernetes ipvs access filter"],
];

/** Names of IP sets are cut off here (`IPSET_MAXNAMELEN` counts the terminator). */
const SET_NAME_LENGTH_MAX = 31;

const SETS = [
  "LOOP-BACK",
  "CLUSTER-IP",
  "EXTERNAL-IP",
  "EXTERNAL-IP-LOCAL",
  "LOAD-BALANCER",
  "LOAD-BALANCER-FW",
  "LOAD-BALANCER-LOCAL",
  "LOAD-BALANCER-SOURCE-IP",
  "LOAD-BALANCER-SOURCE-CIDR",
  "NODE-PORT-TCP",
  "NODE-PORT-LOCAL-TCP",
  "NODE-PORT-UDP",
  "NODE-PORT-LOCAL-UDP",
  "NODE-PORT-SCTP",
  "NODE-PORT-LOCAL-SCTP",
  "NODE-PORT-SCTP-HASH",
  "NODE-PORT-LOCAL-SCTP-HASH",
  "HEALTH-CHECK-NODE-PORT",
  "IPVS-IPS",
];

/** Its IP sets of both families. */
export const KUBE_PROXY_SETS: ReadonlySet<string> = new Set(
  ["KUBE-", "KUBE-6-"].flatMap((prefix) =>
    SETS.map((name) => `${prefix}${name}`.slice(0, SET_NAME_LENGTH_MAX)),
  ),
);
