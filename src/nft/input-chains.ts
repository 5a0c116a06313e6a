/** The chains for packets of pods and of the outside, just before and just after IPVS (its input hook, 99). */
import type { FilterSettings } from "./packet-filter.ts";
import { type BaseChain, type BaseRule, clearMark, rule, type Words } from "./rule-words.ts";

/** In the order in which a packet meets them. */
export function inputChains(words: Words, settings: FilterSettings): BaseChain[] {
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
