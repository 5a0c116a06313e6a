/** The chains for packets of the node itself and of what IPVS sends on (around its output hook, -98). */
import type { FilterSettings } from "./packet-filter.ts";
import { type BaseChain, type BaseRule, clearMark, rule, type Words } from "./rule-words.ts";

/** In the order in which a packet meets them. */
export function outputChains(words: Words, settings: FilterSettings): BaseChain[] {
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
