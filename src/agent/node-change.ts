/** What differs between two views of one node, and whose plans depend on it. Pure. */
import type { Address } from "../model/address.ts";
import type { EndpointSlice, NodeView, Service } from "../model/cluster.ts";

/** What of a view differs from another one: which Services have to be planned again. */
export interface NodeViewChange {
  /** Topology hints of any Service may count differently. */
  readonly zone: boolean;
  readonly nodePorts: boolean;
  /** Source ranges may let the node itself through now, or no longer. */
  readonly primaryAddresses: boolean;
  /** External and load-balancer addresses may be told from those of other nodes now. */
  readonly awaitsPeers: boolean;
  /** The node gained or lost these: an endpoint of the node's own network may be there. */
  readonly own: ReadonlySet<Address>;
  /** Services may have these now, or no longer. */
  readonly hosts: ReadonlySet<Address>;
}

/** Compares two views of one node. */
export function nodeViewChange(before: NodeView, after: NodeView): NodeViewChange {
  const own = inOneOnly(before.ownAddresses, after.ownAddresses);
  return {
    zone: before.zone !== after.zone,
    nodePorts: before.nodePortAddresses.join() !== after.nodePortAddresses.join(),
    primaryAddresses: before.primaryAddresses.join() !== after.primaryAddresses.join(),
    awaitsPeers: before.awaitsPeers !== after.awaitsPeers,
    own: new Set(own),
    hosts: new Set([
      ...own,
      ...inOneOnly(before.serverAddresses, after.serverAddresses),
      ...unlikeKeys(before.takenAddresses, after.takenAddresses),
    ]),
  };
}

/** True when there is no difference. */
export function isNothing(change: NodeViewChange): boolean {
  const { zone, nodePorts, primaryAddresses, awaitsPeers, hosts } = change;
  return !zone && !nodePorts && !primaryAddresses && !awaitsPeers && hosts.size === 0;
}

/** True when the plan of `service`, whose slices these are, may be another one after the change. */
export function dependsOn(
  { zone, nodePorts, primaryAddresses, awaitsPeers, own, hosts }: NodeViewChange,
  service: Service,
  slices: Iterable<EndpointSlice>,
): boolean {
  if (zone) return true;
  if (nodePorts && service.ports.some(({ nodePort }) => nodePort !== 0)) return true;
  if (primaryAddresses && service.loadBalancerSourceRanges.length > 0) return true;
  const { clusterAddresses, externalAddresses, loadBalancerAddresses } = service;
  if (awaitsPeers && externalAddresses.length + loadBalancerAddresses.length > 0) return true;
  if (hosts.size === 0) return false;
  const isOne = (address: Address): boolean => hosts.has(address);
  const frontends = [clusterAddresses, externalAddresses, loadBalancerAddresses];
  return frontends.some((some) => some.some(isOne)) || hasEndpointAt(own, slices);
}

function hasEndpointAt(own: ReadonlySet<Address>, slices: Iterable<EndpointSlice>): boolean {
  if (own.size === 0) return false;
  for (const { endpoints } of slices) {
    if (endpoints.some(({ address }) => own.has(address))) return true;
  }
  return false;
}

function inOneOnly(before: ReadonlySet<Address>, after: ReadonlySet<Address>): Address[] {
  return [
    ...[...before].filter((address) => !after.has(address)),
    ...[...after].filter((address) => !before.has(address)),
  ];
}

function unlikeKeys(
  before: ReadonlyMap<Address, string>,
  after: ReadonlyMap<Address, string>,
): Address[] {
  const addresses = [...new Set([...before.keys(), ...after.keys()])];
  return addresses.filter((address) => before.get(address) !== after.get(address));
}
