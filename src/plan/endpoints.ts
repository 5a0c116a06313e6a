/**
 * Which endpoints serve a Service port (the rules that kube-proxy's backends share): ready ones, by
 * topology hints where all have them; else those that still serve while they terminate. A policy Local
 * leaves those of this node, by the same rules but for the hints.
 */
import type { Address, Family } from "../model/address.ts";
import type { EndpointSlice, NodeView, ServicePort } from "../model/cluster.ts";
import { type Destination, type DestinationId, socketText } from "../model/virtual-service.ts";
import { candidatesOf } from "./candidates.ts";
import { PlannedDestinations } from "./planned-destinations.ts";
import type { Candidate, RefusedEndpoint, SortedCandidates } from "./slice-candidates.ts";

/** Endpoints to serve with. */
export interface ChosenEndpoints {
  /** In the order to add them to the kernel. */
  readonly destinations: ReadonlyMap<DestinationId, Destination>;
  /** Listed by Kubernetes, and not to be used. */
  readonly lingering: ReadonlySet<DestinationId>;
}

const NOTHING_LINGERS: ReadonlySet<DestinationId> = new Set();

const NO_ADDRESSES: readonly Address[] = [];

/**
 * The endpoints of one port in one family, as masqueraded destinations of weight 1. Each list is made when
 * it is first asked for, and shared by all frontends that use it. The order of the slices decides only
 * between duplicates that differ in nothing but their hints: the first counts.
 */
export class PortEndpoints {
  /** Those that can be no destination. */
  readonly refused: readonly RefusedEndpoint[];
  readonly #all: SortedCandidates;
  readonly #node: NodeView;
  #cluster: ChosenEndpoints | undefined;
  #local: ChosenEndpoints | undefined;

  constructor(
    port: ServicePort,
    family: Family,
    { slices, node }: { readonly slices: readonly EndpointSlice[]; readonly node: NodeView },
  ) {
    const refused: RefusedEndpoint[] = [];
    this.#all = candidatesOf(port, family, { slices, nodeName: node.name, refused });
    this.#node = node;
    this.refused = refused;
  }

  /** Those of policy Cluster: ready ones by topology hints, else those that still serve. */
  get cluster(): ChosenEndpoints {
    this.#cluster ??= chosen(this.#all, usableOf(this.#all, this.#node));
    return this.#cluster;
  }

  /** Those of policy Local: on this node, ready ones, else those that still serve. Hints do not count. */
  get local(): ChosenEndpoints {
    this.#local ??= chosen(this.#all, usableLocally(this.#all));
    return this.#local;
  }

  /** Some node has an endpoint that could serve. */
  get isServed(): boolean {
    return this.#all.candidates.some(
      ({ endpoint: { ready, serving, terminating } }) => ready || (serving && terminating),
    );
  }

  /**
   * The addresses of all pods that are on this node, used or not, without repeats; those in the node's own
   * network are left out.
   */
  get addressesHere(): readonly Address[] {
    const { ownAddresses } = this.#node;
    const here = this.#all.here.filter(({ endpoint }) => !ownAddresses.has(endpoint.address));
    if (here.length === 0) return NO_ADDRESSES;
    return [...new Set(here.map(({ endpoint }) => endpoint.address))];
  }
}

function usableOf(
  { candidates, areAllReady }: SortedCandidates,
  node: NodeView,
): readonly Candidate[] {
  const ready = areAllReady ? candidates : candidates.filter(isReady);
  const near = byTopology(ready, node);
  return near.length > 0 ? near : candidates.filter(stillServes);
}

function usableLocally({ here }: SortedCandidates): readonly Candidate[] {
  const ready = here.filter(isReady);
  return ready.length > 0 ? ready : here.filter(stillServes);
}

function stillServes({ endpoint }: Candidate): boolean {
  return endpoint.serving && endpoint.terminating;
}

function isReady({ endpoint }: Candidate): boolean {
  return endpoint.ready;
}

/** Hints count only when every ready endpoint has one and one of them means this node or its zone. */
function byTopology(ready: readonly Candidate[], { name, zone }: NodeView): readonly Candidate[] {
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

/** How every endpoint becomes a destination. */
const ENDPOINT_SETTINGS: Omit<Destination, "address" | "port"> = {
  weight: 1,
  forward: "masquerade",
  upperThreshold: 0,
  lowerThreshold: 0,
  tunnel: undefined,
};

function chosen(all: SortedCandidates, usable: readonly Candidate[]): ChosenEndpoints {
  const { candidates } = all;
  const destinations = destinationsOf(usable, all);
  const isAll = usable.length === candidates.length;
  return { destinations, lingering: isAll ? NOTHING_LINGERS : restOf(candidates, destinations) };
}

/** Only named ports of several slices differ. */
function destinationsOf(
  usable: readonly Candidate[],
  { candidates, addresses: all, port }: SortedCandidates,
): PlannedDestinations {
  const addresses = usable === candidates ? all : usable.map(({ endpoint }) => endpoint.address);
  const ports = port ?? usable.map((candidate) => candidate.port);
  return new PlannedDestinations(addresses, ports, ENDPOINT_SETTINGS);
}

function restOf(
  candidates: readonly Candidate[],
  used: ReadonlyMap<DestinationId, Destination>,
): ReadonlySet<DestinationId> {
  const ids = candidates.map(({ endpoint, port }) => socketText(endpoint.address, port));
  return new Set(ids.filter((id) => !used.has(id)));
}
