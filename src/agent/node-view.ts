/** This node as planning sees it, made of all that is known of it and of the other hosts. Pure. */
import { type Address, type Family, familyOf } from "../model/address.ts";
import type { ClusterNode, NodeView } from "../model/cluster.ts";
import {
  chooseNodePortAddresses,
  type InterfaceAddress,
  type NodePortAddresses,
} from "../model/node-port-addresses.ts";
import { whySpecial } from "../plan/address-rules.ts";

const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];

/** What a view is made of. */
export interface NodeFacts {
  readonly name: string;
  /** All nodes that are known, this one among them once it is registered. */
  readonly nodes: ReadonlyMap<string, ClusterNode>;
  /** Where the API server answers: the endpoints of the Service `default/kubernetes`. */
  readonly apiServerAddresses: readonly Address[];
  /** Where this node reaches the API server: no external address of a Service. */
  readonly serverAddresses: readonly Address[];
  /** The other nodes are asked for, and not known yet. */
  readonly awaitsPeers: boolean;
  /** Of all interfaces but `kube-ipvs0`. */
  readonly interfaceAddresses: readonly InterfaceAddress[];
  readonly nodePortAddresses: NodePortAddresses;
  /** Beats the main address of its family that the Node names; undefined for none. */
  readonly bindAddress: Address | undefined;
}

/** The view of the node that `facts` are about. */
export function nodeView(facts: NodeFacts): NodeView {
  const { name, nodes, apiServerAddresses, interfaceAddresses } = facts;
  const node = nodes.get(name);
  const primaryAddresses = primariesOf([
    ...(facts.bindAddress === undefined ? [] : [facts.bindAddress]),
    ...(node?.addresses ?? []),
  ]);
  // Loopback and link-local ones are nobody's frontend and no endpoint; the latter come with every pod.
  const ownAddresses = new Set(
    [...(node?.addresses ?? []), ...interfaceAddresses.map(({ address }) => address)].filter(
      (address) => whySpecial(address) === undefined,
    ),
  );
  const takenAddresses = new Map<Address, string>();
  for (const address of apiServerAddresses) {
    takenAddresses.set(address, "an address of the API server");
  }
  for (const other of nodes.values()) {
    if (other.name === name) continue;
    for (const address of other.addresses) {
      takenAddresses.set(address, `an address of the node ${other.name}`);
    }
  }
  return {
    name,
    zone: node?.zone ?? "",
    nodePortAddresses: chooseNodePortAddresses(
      interfaceAddresses,
      primaryAddresses,
      facts.nodePortAddresses,
    ),
    primaryAddresses,
    ownAddresses,
    takenAddresses,
    serverAddresses: new Set(facts.serverAddresses),
    awaitsPeers: facts.awaitsPeers,
  };
}

/** The first of each family. */
function primariesOf(addresses: readonly Address[]): readonly Address[] {
  return FAMILIES.flatMap(
    (family) => addresses.find((address) => familyOf(address) === family) ?? [],
  );
}
