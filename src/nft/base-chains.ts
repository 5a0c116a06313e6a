/**
 * The chains of our tables, in the order in which a packet meets them. IPVS takes what comes from outside
 * and from pods in its input hook (99), and what the node itself sends in its output hook (-98); all
 * decisions are made just before, in `input` (98) and `output` (-100). What IPVS sends on passes `output`
 * again, with an endpoint as destination, which none of the sets knows.
 */
import type { Family } from "../model/address.ts";
import type { FilterSettings } from "./packet-filter.ts";

/** One rule. */
export interface BaseRule {
  readonly text: string;
  readonly comment: string;
}

/** A chain; without a hook other chains jump to it. */
export interface BaseChain {
  readonly name: string;
  readonly hook?: {
    readonly type: "filter" | "nat";
    readonly hook: "input" | "output" | "prerouting" | "postrouting";
    readonly priority: number;
  };
  readonly rules: readonly BaseRule[];
}

/** How the rules of one family tell clients of this side. */
export interface LocalMatch {
  /** Matches packets from outside the node that are of this side; undefined when there is no way to tell. */
  readonly local: string | undefined;
  readonly notLocal: string | undefined;
  /** The same for packets of the node itself; "" matches all of them. */
  readonly notLocalOutput: string | undefined;
}

/** All chains of one family. */
export function baseChains(family: Family, settings: FilterSettings): readonly BaseChain[] {
  const words = wordsOf(family, settings);
  return [
    refuse(words),
    ...inputChains(words, settings),
    ...outputChains(words, settings),
    natReplies,
    postrouting(words),
  ];
}

interface Words {
  readonly ip: "ip" | "ip6";
  readonly icmp: "icmp" | "icmpv6";
  /** What the maps and sets of frontends are asked with. */
  readonly frontend: string;
  /** The same for node ports. */
  readonly nodePort: string;
  /** The bit that asks for masquerade, as nftables writes it. */
  readonly bit: string;
  /** Asks for it. */
  readonly masquerade: string;
  readonly match: LocalMatch;
}

function wordsOf(family: Family, settings: FilterSettings): Words {
  const ip = family === "ipv4" ? "ip" : "ip6";
  const bit = `0x${(2 ** settings.masqueradeBit).toString(16).padStart(8, "0")}`;
  return {
    ip,
    icmp: family === "ipv4" ? "icmp" : "icmpv6",
    frontend: `${ip} daddr . meta l4proto . th dport`,
    nodePort: `${ip} daddr @node-addresses`,
    bit,
    masquerade: `ct mark set ct mark | ${bit}`,
    match: localMatch(ip, family, settings),
  };
}

function localMatch(
  ip: "ip" | "ip6",
  family: Family,
  { localClients }: FilterSettings,
): LocalMatch {
  switch (localClients.kind) {
    case "ranges": {
      const isOfFamily = (range: string): boolean => range.includes(":") === (family === "ipv6");
      if (!localClients.ranges.some(isOfFamily)) return NO_MATCH;
      const notLocal = `${ip} saddr != @pod-ranges`;
      return { local: `${ip} saddr @pod-ranges`, notLocal, notLocalOutput: notLocal };
    }
    case "interface":
      return byInterface(localClients.name);
    case "interface-prefix":
      return byInterface(`${localClients.prefix}*`);
    default:
      return NO_MATCH;
  }
}

const NO_MATCH: LocalMatch = { local: undefined, notLocal: undefined, notLocalOutput: undefined };

function byInterface(name: string): LocalMatch {
  // What the node itself sends came in by no interface.
  return { local: `iifname "${name}"`, notLocal: `iifname != "${name}"`, notLocalOutput: "" };
}

function rule(comment: string, ...words: readonly string[]): BaseRule {
  return { text: words.filter((word) => word !== "").join(" "), comment };
}

function refuse({ icmp }: Words): BaseChain {
  return {
    name: "refuse",
    rules: [
      rule("TCP hears no by a reset", "meta l4proto tcp reject with tcp reset"),
      rule("all else by ICMP", `reject with ${icmp} type port-unreachable`),
    ],
  };
}

/** Packets of pods and of the outside, just before and just after IPVS. */
function inputChains(words: Words, settings: FilterSettings): BaseChain[] {
  const { ip, bit, frontend, nodePort, masquerade, match } = words;
  const ports = "meta l4proto . th dport";
  const known = match.local === undefined ? [] : [match.local];
  return [
    {
      name: "input",
      hook: { type: "filter", hook: "input", priority: 98 },
      rules: [
        rule("load balancer's source ranges", `${frontend} vmap @source-ranges`),
        rule(
          "others asked for masquerade by the packet mark, which may be needed for ours",
          `ct state new meta mark & ${bit} == ${bit}`,
          masquerade,
        ),
        ...known.map((local) => rule("clients in the cluster", local, "jump input-from-cluster")),
        rule("the first packet of a connection decides", "ct state new jump input-new"),
      ],
    },
    {
      name: "input-from-cluster",
      rules: [
        rule(
          "policy Local: all endpoints for clients in the cluster, which keep their address",
          `meta mark set ${frontend} map @local-marks accept`,
        ),
        rule(
          "the same for node ports",
          nodePort,
          `meta mark set ${ports} map @node-port-local-marks accept`,
        ),
      ],
    },
    {
      name: "input-new",
      rules: [
        rule("no endpoint that this client may use", `${frontend} vmap @no-endpoints`),
        rule("the same for node ports", nodePort, `${ports} vmap @node-port-no-endpoints`),
        rule("external frontends: masquerade", `${frontend} @masqueraded`, masquerade, "return"),
        rule(
          "node ports: masquerade",
          nodePort,
          `${ports} @node-port-masqueraded`,
          masquerade,
          "return",
        ),
        rule("policy Local: the source stays", `${frontend} @keep-source return`),
        rule("the same for node ports", nodePort, `${ports} @node-port-keep-source return`),
        ...clusterAddress(words, settings),
      ],
    },
    {
      name: "input-after",
      hook: { type: "filter", hook: "input", priority: 110 },
      rules: [
        clearMark,
        rule(
          "what IPVS did not take: a port of a service address that no Service has",
          `${ip} daddr @service-addresses meta l4proto { tcp, udp, sctp } ct state new goto refuse`,
        ),
      ],
    },
  ];
}

/** Cluster addresses, asked for from outside the node. */
function clusterAddress({ ip, masquerade, match }: Words, settings: FilterSettings): BaseRule[] {
  const what = "cluster addresses, asked for from outside the cluster: masquerade";
  const to = `${ip} daddr @service-addresses`;
  if (settings.masqueradeAll) return [rule("cluster addresses: masquerade all", to, masquerade)];
  return match.notLocal === undefined ? [] : [rule(what, to, match.notLocal, masquerade)];
}

/** Packets of the node itself, and of what IPVS sends on. */
function outputChains(words: Words, settings: FilterSettings): BaseChain[] {
  const { frontend, nodePort, masquerade } = words;
  const ports = "meta l4proto . th dport";
  return [
    {
      name: "output",
      hook: { type: "filter", hook: "output", priority: -100 },
      rules: [
        rule("load balancer's source ranges without this node", `${frontend} @closed-to-node drop`),
        rule(
          "policy Local: all endpoints for the node itself",
          `meta mark set ${frontend} map @local-marks goto output-marked`,
        ),
        rule(
          "the same for node ports",
          nodePort,
          `meta mark set ${ports} map @node-port-local-marks goto output-marked`,
        ),
        rule("the first packet of a connection decides", "ct state new jump output-new"),
      ],
    },
    {
      name: "output-marked",
      rules: [rule("its source may be the service address itself", "ct state new", masquerade)],
    },
    {
      name: "output-new",
      rules: [
        rule("no endpoint that this node may use", `${frontend} vmap @no-endpoints`),
        rule("the same for node ports", nodePort, `${ports} vmap @node-port-no-endpoints`),
        rule("external frontends: masquerade", `${frontend} @masqueraded`, masquerade, "return"),
        rule("the same with policy Local", `${frontend} @keep-source`, masquerade, "return"),
        rule(
          "node ports: masquerade",
          nodePort,
          `${ports} @node-port-masqueraded`,
          masquerade,
          "return",
        ),
        rule(
          "the same with policy Local",
          nodePort,
          `${ports} @node-port-keep-source`,
          masquerade,
          "return",
        ),
        ...clusterAddressFromNode(words, settings),
      ],
    },
    {
      name: "output-after",
      hook: { type: "filter", hook: "output", priority: -90 },
      rules: [clearMark],
    },
  ];
}

/** Cluster addresses, asked for by the node itself: its source may be any address on `kube-ipvs0`. */
function clusterAddressFromNode(
  { ip, masquerade, match }: Words,
  settings: FilterSettings,
): BaseRule[] {
  const to = `${ip} daddr @service-addresses`;
  if (settings.masqueradeAll) return [rule("cluster addresses: masquerade all", to, masquerade)];
  const others = match.notLocalOutput;
  return [
    rule("a service address is no source", to, `${ip} saddr @service-addresses`, masquerade),
    ...(others === undefined
      ? []
      : [rule("cluster addresses, asked for by the node: masquerade", to, others, masquerade)]),
  ];
}

const clearMark = rule(
  "a mark of ours has done its work",
  "meta mark & 0xff000000 == 0x6b000000 meta mark set 0x00000000",
);

const natReplies: BaseChain = {
  name: "prerouting",
  hook: { type: "nat", hook: "prerouting", priority: -100 },
  rules: [rule("kernels before 4.18 translate replies only where this chain is", "return")],
};

function postrouting({ ip, bit }: Words): BaseChain {
  return {
    name: "postrouting",
    hook: { type: "nat", hook: "postrouting", priority: 100 },
    rules: [
      rule(
        "connections of ours that are to be masqueraded",
        `ct mark & ${bit} == ${bit} masquerade fully-random`,
      ),
      rule(
        "asked for by others through the packet mark, as with kube-proxy",
        `meta mark & ${bit} == ${bit} meta mark set meta mark ^ ${bit} masquerade fully-random`,
      ),
      rule(
        "a pod that reaches itself must not see its own address",
        `${ip} saddr . ${ip} daddr @hairpin masquerade`,
      ),
    ],
  };
}
