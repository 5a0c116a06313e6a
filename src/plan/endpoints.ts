/**
 * Which endpoints serve a Service port (the rules that kube-proxy's backends share): ready ones, by
 * topology hints where all have them; else those that still serve while they terminate.
 */
import type { Family } from "../model/address.ts";
import type { Endpoint, EndpointSlice, NodeView, ServicePort } from "../model/cluster.ts";
import { type Destination, type DestinationId, socketText } from "../model/virtual-service.ts";
import { hashText } from "./hash.ts";

/** What one port of a Service is served by. */
export interface ChosenEndpoints {
  /** In the order to add them to the kernel. */
  readonly destinations: ReadonlyMap<DestinationId, Destination>;
  /** Listed by Kubernetes, and not to be used. */
  readonly lingering: ReadonlySet<DestinationId>;
}

interface Candidate {
  readonly id: DestinationId;
  readonly port: number;
  readonly endpoint: Endpoint;
}

const NOTHING_LINGERS: ReadonlySet<DestinationId> = new Set();

/** Chooses the endpoints of one family for `port`, as masqueraded destinations of weight 1. */
export function chooseEndpoints(
  port: ServicePort,
  family: Family,
  { slices, node }: { readonly slices: readonly EndpointSlice[]; readonly node: NodeView },
): ChosenEndpoints {
  const candidates = candidatesOf(port, family, slices);
  const usable = usableOf(candidates, node);
  return {
    destinations: ordered(usable, node),
    lingering: usable.length === candidates.size ? NOTHING_LINGERS : restOf(candidates, usable),
  };
}

/** Every endpoint once. Of two with one address, the later counts only where the first terminates. */
function candidatesOf(
  port: ServicePort,
  family: Family,
  slices: readonly EndpointSlice[],
): ReadonlyMap<DestinationId, Candidate> {
  const candidates = new Map<DestinationId, Candidate>();
  for (const slice of slices) {
    if (slice.family !== family) continue;
    for (const { name, protocol, port: number } of slice.ports) {
      if (name === port.name && protocol === port.protocol) addSlice(slice, number, candidates);
    }
  }
  return candidates;
}

function addSlice(
  { endpoints }: EndpointSlice,
  port: number,
  to: Map<DestinationId, Candidate>,
): void {
  for (const endpoint of endpoints) {
    const id = socketText(endpoint.address, port);
    const known = to.get(id);
    // A new pod may have the address of one that still ends.
    if (known && (endpoint.terminating || !known.endpoint.terminating)) continue;
    to.set(id, { id, port, endpoint });
  }
}

function usableOf(candidates: ReadonlyMap<DestinationId, Candidate>, node: NodeView): Candidate[] {
  const ready: Candidate[] = [];
  for (const candidate of candidates.values()) {
    if (candidate.endpoint.ready) ready.push(candidate);
  }
  const near = byTopology(ready, node);
  if (near.length > 0) return near;
  return [...candidates.values()].filter(
    ({ endpoint }) => endpoint.serving && endpoint.terminating,
  );
}

/** Hints count only when every ready endpoint has one and one of them means this node or its zone. */
function byTopology(ready: Candidate[], { name, zone }: NodeView): Candidate[] {
  if (ready.length === 0) return ready;
  if (ready.every(({ endpoint }) => endpoint.nodeHints.length > 0)) {
    const here = ready.filter(({ endpoint }) => endpoint.nodeHints.includes(name));
    if (here.length > 0) return here;
  }
  if (zone !== "" && ready.every(({ endpoint }) => endpoint.zoneHints.length > 0)) {
    const here = ready.filter(({ endpoint }) => endpoint.zoneHints.includes(zone));
    if (here.length > 0) return here;
  }
  return ready;
}

/**
 * By a hash of node and endpoint: with `rr` every node would otherwise begin at the same endpoint, and
 * a Service that is new in the whole cluster would send all its first connections there.
 */
function ordered(usable: readonly Candidate[], node: NodeView): Map<DestinationId, Destination> {
  const seed = hashText(node.name, 0);
  const keyed = usable.map((candidate) => ({ candidate, hash: hashText(candidate.id, seed) }));
  keyed.sort((a, b) => a.hash - b.hash || (a.candidate.id < b.candidate.id ? -1 : 1));
  const destinations = new Map<DestinationId, Destination>();
  for (const { candidate } of keyed) destinations.set(candidate.id, destinationOf(candidate));
  return destinations;
}

function destinationOf({ endpoint, port }: Candidate): Destination {
  return {
    address: endpoint.address,
    port,
    weight: 1,
    forward: "masquerade",
    upperThreshold: 0,
    lowerThreshold: 0,
    tunnel: undefined,
  };
}

function restOf(
  candidates: ReadonlyMap<DestinationId, Candidate>,
  usable: readonly Candidate[],
): ReadonlySet<DestinationId> {
  const rest = new Set(candidates.keys());
  for (const { id } of usable) rest.delete(id);
  return rest;
}
