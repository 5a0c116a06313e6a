/** What kube-proxy's IPVS mode leaves on a node, as shell scripts that lay it down with iptables and ipset. */

/** One family of one kind of iptables. */
export interface Iptables {
  readonly family: "ipv4" | "ipv6";
  readonly kind: "nft" | "legacy";
}

/** A cluster address with its port, as the sets have it. */
interface Words extends Iptables {
  /** Of the family: a Service's address. */
  readonly address: string;
}

const MARK = "0x00004000/0x00004000";
const HASH = "hashsize 1024 maxelem 65536";
const BITMAP = "bitmap:port range 0-65535";

/** All sets that IPVS mode makes, with their types. */
const SETS: readonly (readonly [name: string, type: "bitmap" | string])[] = [
  ["LOOP-BACK", "hash:ip,port,ip"],
  ["CLUSTER-IP", "hash:ip,port"],
  ["EXTERNAL-IP", "hash:ip,port"],
  ["EXTERNAL-IP-LOCAL", "hash:ip,port"],
  ["LOAD-BALANCER", "hash:ip,port"],
  ["LOAD-BALANCER-FW", "hash:ip,port"],
  ["LOAD-BALANCER-LOCAL", "hash:ip,port"],
  ["LOAD-BALANCER-SOURCE-IP", "hash:ip,port,ip"],
  ["LOAD-BALANCER-SOURCE-CIDR", "hash:ip,port,net"],
  ["NODE-PORT-TCP", "bitmap"],
  ["NODE-PORT-LOCAL-TCP", "bitmap"],
  ["NODE-PORT-UDP", "bitmap"],
  ["NODE-PORT-LOCAL-UDP", "bitmap"],
  ["NODE-PORT-SCTP-HASH", "hash:ip,port"],
  ["NODE-PORT-LOCAL-SCTP-HASH", "hash:ip,port"],
  ["HEALTH-CHECK-NODE-PORT", "bitmap"],
  ["IPVS-IPS", "hash:ip"],
];

/** The program that lays rules down: `iptables-nft`, `ip6tables-legacy`. */
export function iptables({ family, kind }: Iptables): string {
  return `${family === "ipv4" ? "iptables" : "ip6tables"}-${kind}`;
}

/** Makes the sets, the chains and the jumps to them. */
export function kubeProxyLeftovers(words: Words): string {
  const { family, address } = words;
  return `ipset restore <<'END'
${SETS.map(([name, type]) => createSet(family, name, type)).join("\n")}
add ${setName(family, "CLUSTER-IP")} ${address},tcp:80
add ${setName(family, "LOAD-BALANCER")} ${address},tcp:8443
add ${setName(family, "NODE-PORT-TCP")} 30999
add ${setName(family, "IPVS-IPS")} ${address}
END
${iptables(words)}-restore --noflush <<'END'
${rules(words)}
END
`;
}

function setName(family: Iptables["family"], name: string): string {
  return `KUBE-${family === "ipv6" ? "6-" : ""}${name}`.slice(0, 31);
}

function createSet(family: Iptables["family"], name: string, type: string): string {
  const inet = family === "ipv4" ? "inet" : "inet6";
  const words = type === "bitmap" ? BITMAP : `${type} family ${inet} ${HASH}`;
  return `create ${setName(family, name)} ${words}`;
}

/** The chains in the order of kube-proxy, and its jumps at the heads of the kernel's. */
function rules({ family, address }: Words): string {
  const set = (name: string, flags: string): string =>
    `-m set --match-set ${setName(family, name)} ${flags}`;
  const [loopback, range] =
    family === "ipv4" ? ["127.0.0.0/8", "10.1.0.0/16"] : ["::1/128", "fd00:1::/48"];
  const portals = '-m comment --comment "kubernetes service portals" -j KUBE-SERVICES';
  const returns = ["LOAD-BALANCER", "CLUSTER-IP", "EXTERNAL-IP", "EXTERNAL-IP-LOCAL"];
  return `*nat
:KUBE-SERVICES - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-NODE-PORT - [0:0]
:KUBE-LOAD-BALANCER - [0:0]
:KUBE-MARK-MASQ - [0:0]
-I OUTPUT ${portals}
-I PREROUTING ${portals}
-I POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-SERVICES -s ${loopback} -j RETURN
-A KUBE-SERVICES ${set("LOAD-BALANCER", "dst,dst")} -j KUBE-LOAD-BALANCER
-A KUBE-SERVICES ${set("CLUSTER-IP", "dst,dst")} ! -s ${range} -j KUBE-MARK-MASQ
-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT
-A KUBE-SERVICES ${set("CLUSTER-IP", "dst,dst")} -j ACCEPT
-A KUBE-SERVICES ${set("LOAD-BALANCER", "dst,dst")} -j ACCEPT
-A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ
-A KUBE-NODE-PORT -p tcp ${set("NODE-PORT-TCP", "dst")} -j KUBE-MARK-MASQ
-A KUBE-POSTROUTING ${set("LOOP-BACK", "dst,dst,src")} -j MASQUERADE
-A KUBE-POSTROUTING -m mark ! --mark ${MARK} -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x00004000/0x0
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
-A KUBE-MARK-MASQ -j MARK --or-mark 0x00004000
COMMIT
*filter
:KUBE-FORWARD - [0:0]
:KUBE-NODE-PORT - [0:0]
:KUBE-PROXY-FIREWALL - [0:0]
:KUBE-SOURCE-RANGES-FIREWALL - [0:0]
:KUBE-IPVS-FILTER - [0:0]
:KUBE-IPVS-OUT-FILTER - [0:0]
-I FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-I INPUT -m comment --comment "kubernetes health check rules" -j KUBE-NODE-PORT
-I INPUT -m comment --comment "kube-proxy firewall rules" -j KUBE-PROXY-FIREWALL
-I FORWARD -m comment --comment "kube-proxy firewall rules" -j KUBE-PROXY-FIREWALL
-I INPUT -m comment --comment "kubernetes ipvs access filter" -j KUBE-IPVS-FILTER
-I OUTPUT -m comment --comment "kubernetes ipvs access filter" -j KUBE-IPVS-OUT-FILTER
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark ${MARK} -j ACCEPT
-A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A KUBE-NODE-PORT ${set("HEALTH-CHECK-NODE-PORT", "dst")} -j ACCEPT
-A KUBE-PROXY-FIREWALL ${set("LOAD-BALANCER-FW", "dst,dst")} -j KUBE-SOURCE-RANGES-FIREWALL
-A KUBE-SOURCE-RANGES-FIREWALL ${set("LOAD-BALANCER-SOURCE-CIDR", "dst,dst,src")} -j RETURN
-A KUBE-SOURCE-RANGES-FIREWALL ${set("LOAD-BALANCER-SOURCE-IP", "dst,dst,src")} -j RETURN
-A KUBE-SOURCE-RANGES-FIREWALL -j DROP
${returns.map((name) => `-A KUBE-IPVS-FILTER ${set(name, "dst,dst")} -j RETURN`).join("\n")}
-A KUBE-IPVS-FILTER ${set("HEALTH-CHECK-NODE-PORT", "dst")} -j RETURN
-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW ${set("IPVS-IPS", "dst")} -j REJECT
-A KUBE-IPVS-OUT-FILTER -s ${address} -m ipvs --vaddr ${address} --vproto tcp --vport 8443 -j DROP
COMMIT`;
}
