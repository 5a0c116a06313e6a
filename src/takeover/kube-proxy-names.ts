/**
 * What kube-proxy's IPVS mode (up to 1.35) leaves behind on a node, by name. Nothing that is not named
 * here is ever taken away: kubelet, CNI plugins and people have objects of their own beside these.
 */
import type { Family } from "../model/address.ts";
import type { Protocol } from "../model/virtual-service.ts";

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

/** Those that refuse by what Services were when it ended: a stale one refuses what is served now. */
export const REFUSING_CHAINS: ReadonlySet<string | undefined> = new Set([
  "KUBE-PROXY-FIREWALL",
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

const FAMILIES = ["ipv4", "ipv6"] as const;

/** Its IP sets of both families. */
export const KUBE_PROXY_SETS: ReadonlySet<string> = new Set(
  FAMILIES.flatMap((family) => SETS.map((name) => setName(family, name))),
);

/** One of its IP sets whose members are virtual services. */
export interface FrontendSet {
  readonly name: string;
  readonly family: Family;
  /** Its members are ports alone, of this protocol, that all addresses of the node serve. */
  readonly nodePorts: Protocol | undefined;
}

/** Those that name virtual services on addresses that the node may have, of both families. */
export const FRONTEND_SETS: readonly FrontendSet[] = FAMILIES.flatMap((family) =>
  [
    { name: "EXTERNAL-IP", nodePorts: undefined },
    { name: "EXTERNAL-IP-LOCAL", nodePorts: undefined },
    { name: "LOAD-BALANCER", nodePorts: undefined },
    { name: "LOAD-BALANCER-LOCAL", nodePorts: undefined },
    { name: "NODE-PORT-TCP", nodePorts: "tcp" as const },
    { name: "NODE-PORT-LOCAL-TCP", nodePorts: "tcp" as const },
    { name: "NODE-PORT-UDP", nodePorts: "udp" as const },
    { name: "NODE-PORT-LOCAL-UDP", nodePorts: "udp" as const },
    { name: "NODE-PORT-SCTP-HASH", nodePorts: undefined },
    { name: "NODE-PORT-LOCAL-SCTP-HASH", nodePorts: undefined },
  ].map(({ name, nodePorts }) => ({ name: setName(family, name), family, nodePorts })),
);

function setName(family: Family, name: string): string {
  return `${family === "ipv4" ? "KUBE-" : "KUBE-6-"}${name}`.slice(0, SET_NAME_LENGTH_MAX);
}
