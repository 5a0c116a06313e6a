/**
 * Which endpoints serve a Service port (the rules that kube-proxy's backends share): ready ones, by
 * topology hints where all have them; else those that still serve while they terminate.
 */
import type { Address, Family } from "../model/address.ts";
import type {
  Endpoint,
  EndpointSlice,
  NodeView,
  ObjectName,
  ServicePort,
} from "../model/cluster.ts";
import { type Destination, type DestinationId, socketText } from "../model/virtual-service.ts";
import { whySpecial } from "./address-rules.ts";
import { hashText } from "./hash.ts";
import { PlannedDestinations } from "./planned-destinations.ts";

/** What one port of a Service is served by. */
export interface ChosenEndpoints {
  /** In the order to add them to the kernel. */
  readonly destinations: ReadonlyMap<DestinationId, Destination>;
  /** Listed by Kubernetes, and not to be used. */
  readonly lingering: ReadonlySet<DestinationId>;
  /** Those that can be no destination. */
  readonly refused: readonly RefusedEndpoint[];
}

/** An endpoint whose address is special. */
export interface RefusedEndpoint {
  readonly slice: ObjectName;
  readonly address: Address;
  /** To follow "it is". */
  readonly why: string;
}

/** Without its id: a text for each of 100,000 endpoints is most of what planning would cost. */
interface Candidate {
  /** Of node and endpoint: the order of all candidates. */
  readonly hash: number;
  readonly port: number;
  readonly endpoint: Endpoint;
}

const NOTHING_LINGERS: ReadonlySet<DestinationId> = new Set();

/**
 * Chooses the endpoints of one family for `port`, as masqueraded destinations of weight 1. The order of
 * the slices decides only between duplicates that differ in nothing but their hints: the first counts.
 */
export function chooseEndpoints(
  port: ServicePort,
  family: Family,
  { slices, node }: { readonly slices: readonly EndpointSlice[]; readonly node: NodeView },
): ChosenEndpoints {
  const refused: RefusedEndpoint[] = [];
  const seed = hashText(node.name, 0);
  const candidates = candidatesOf(port, family, { slices, seed, refused });
  const usable = usableOf(candidates, node);
  const destinations = destinationsOf(usable);
  const isAll = usable.length === candidates.length;
  const lingering = isAll ? NOTHING_LINGERS : restOf(candidates, destinations);
  return { destinations, lingering, refused };
}

/**
 * Every endpoint once, in the order of a hash of node and endpoint: with `rr` every node would
 * otherwise begin at the same endpoint, and a Service that is new in the whole cluster would send all
 * its first connections there. One array and one sort: this runs for each of 100,000 endpoints.
 */
function candidatesOf(
  port: ServicePort,
  family: Family,
  from: Gathering & { readonly slices: readonly EndpointSlice[] },
): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const slice of from.slices) {
    if (slice.family !== family) continue;
    for (const { name, protocol, port: number } of slice.ports) {
      if (name === port.name && protocol === port.protocol) {
        addSlice(slice, { ...from, port: number }, candidates);
      }
    }
  }
  candidates.sort(byHash);
  return candidates.some(repeatsTheOneBefore) ? withoutRepeats(candidates) : candidates;
}

/** What gathering needs besides the slices. */
interface Gathering {
  /** Of the node: begins the hash of each endpoint. */
  readonly seed: number;
  readonly refused: RefusedEndpoint[];
}

function addSlice(
  { name, endpoints }: EndpointSlice,
  { port, seed, refused }: Gathering & { readonly port: number },
  to: Candidate[],
): void {
  for (const endpoint of endpoints) {
    const { address } = endpoint;
    const why = whySpecial(address);
    if (why !== undefined) {
      refused.push({ slice: name, address, why });
      continue;
    }
    to.push({ hash: hashText(address, seed ^ port), port, endpoint });
  }
}

/** Equal ones stay in the order in which they came: sorting is stable. */
function byHash(a: Candidate, b: Candidate): number {
  if (a.hash !== b.hash) return a.hash - b.hash;
  if (a.endpoint.address !== b.endpoint.address) {
    return a.endpoint.address < b.endpoint.address ? -1 : 1;
  }
  return a.port - b.port;
}

function isSame(a: Candidate | undefined, b: Candidate): boolean {
  return a?.hash === b.hash && a.port === b.port && a.endpoint.address === b.endpoint.address;
}

function repeatsTheOneBefore(
  candidate: Candidate,
  index: number,
  all: readonly Candidate[],
): boolean {
  return index > 0 && isSame(all[index - 1], candidate);
}

function withoutRepeats(candidates: readonly Candidate[]): readonly Candidate[] {
  const kept: Candidate[] = [];
  for (const candidate of candidates) {
    const last = kept.at(-1);
    if (!last || !isSame(last, candidate)) kept.push(candidate);
    else if (standing(candidate) > standing(last)) kept[kept.length - 1] = candidate;
  }
  return kept;
}

/**
 * Of two with one address the higher counts: a new pod may have the address of one that still
 * terminates, and for a moment two slices may have the same endpoint.
 */
function standing({ endpoint: { ready, serving, terminating } }: Candidate): number {
  return (terminating ? 0 : 4) + (ready ? 2 : 0) + (serving ? 1 : 0);
}

function usableOf(candidates: readonly Candidate[], node: NodeView): readonly Candidate[] {
  const ready = candidates.every(isReady) ? candidates : candidates.filter(isReady);
  const near = byTopology(ready, node);
  if (near.length > 0) return near;
  return candidates.filter(({ endpoint }) => endpoint.serving && endpoint.terminating);
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

function destinationsOf(usable: readonly Candidate[]): PlannedDestinations {
  const addresses = usable.map(({ endpoint }) => endpoint.address);
  const first = usable[0]?.port ?? 0;
  // Only named ports of several slices differ.
  const ports = usable.every(({ port }) => port === first) ? first : usable.map(({ port }) => port);
  return new PlannedDestinations(addresses, ports, ENDPOINT_SETTINGS);
}

function restOf(
  candidates: readonly Candidate[],
  used: ReadonlyMap<DestinationId, Destination>,
): ReadonlySet<DestinationId> {
  const ids = candidates.map(({ endpoint, port }) => socketText(endpoint.address, port));
  return new Set(ids.filter((id) => !used.has(id)));
}
