/**
 * The chains of our tables, in the order in which a packet meets them. IPVS takes what comes from outside
 * and from pods in its input hook (99), and what the node itself sends in its output hook (-98); all
 * decisions are made just before, in `input` (98) and `output` (-100). What IPVS sends on passes `output`
 * again, with an endpoint as destination, which none of the sets knows.
 */
import type { Family } from "../model/address.ts";
import { inputChains } from "./input-chains.ts";
import { outputChains } from "./output-chains.ts";
import type { FilterSettings } from "./packet-filter.ts";
import { type BaseChain, rule, type Words, wordsOf } from "./rule-words.ts";

/** All chains of one family. */
export function baseChains(family: Family, settings: FilterSettings): readonly BaseChain[] {
  const words = wordsOf(family, settings);
  return [
    refuse(words),
    ...inputChains(words, settings),
    ...outputChains(words, settings),
    ...natDestination(words),
    postrouting(words),
  ];
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

/**
 * Every address on `kube-ipvs0` is one of the node's own, and so rules of others that translate what comes to
 * any of these (host ports of network plugins) would take a Service's traffic. A connection whose
 * destination is settled is not asked about again: the kernel does the same where no rule matches.
 * Kernels before 4.18 translate replies only where such chains are.
 */
function natDestination({ ip, frontend }: Words): BaseChain[] {
  const keep = `dnat to ${ip} daddr`;
  const rules = [
    rule(
      "no host port takes what goes to a service address",
      `${ip} daddr @service-addresses`,
      keep,
    ),
    rule("nor to a frontend on an address of the node", `${frontend} @masqueraded`, keep),
    rule("the same with policy Local", `${frontend} @keep-source`, keep),
  ];
  return [
    { name: "prerouting", hook: { type: "nat", hook: "prerouting", priority: -101 }, rules },
    { name: "output-nat", hook: { type: "nat", hook: "output", priority: -101 }, rules },
  ];
}

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
