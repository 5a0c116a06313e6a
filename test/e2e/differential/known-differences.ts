/**
 * Where the agent's table is not kube-proxy's, and on purpose: each rule says when kube-proxy's may be another
 * one. The agent's own is always what the objects ask for: see `expected-table.ts`. What is neither is a
 * mistake of one of both. `docs/differences.md` has the reasons.
 */
import { PEER_ADDRESS } from "../../lab/node-network.ts";
import { NODE } from "../harness/pods.ts";
import {
  expectedServices,
  expectedTable,
  serviceOf,
  slicesOf,
  socketText,
  type TableSettings,
} from "./expected-table.ts";
import type { NodeState, ServiceState, ServiceStates } from "./node-state.ts";
import type { ServiceObjects } from "./random-cluster.ts";

/** One virtual service that is not the same in both. */
interface Difference {
  readonly id: string;
  readonly ours: ServiceState | undefined;
  readonly theirs: ServiceState | undefined;
  /** The Services that want it. */
  readonly owners: readonly ServiceObjects[];
}

/** A reason for a difference. */
export interface DifferenceRule {
  /** As `docs/differences.md` says it. */
  readonly name: string;
  /** What kube-proxy does changes from sync to sync: it may be the same as ours now and then. */
  readonly isByChance?: true;
  readonly explains: (difference: Difference, compared: Compared) => boolean;
}

const FALLBACK = "schedulers sh and mh fall back to another endpoint where a client's own drains";
const OTHERS = "virtual services that others made: left alone, where kube-proxy deletes them";
const PEER = "an external address that is another node's: refused";

/** All reasons. */
export const DIFFERENCE_RULES: readonly DifferenceRule[] = [
  {
    name: "clients inside the cluster have a virtual service of their own, by mark, with all endpoints",
    explains: ({ id, theirs }) => id.startsWith("mark/") && theirs === undefined,
  },
  {
    name: "externalTrafficPolicy Local without an endpoint here: dropped, and not sent to another node",
    explains: ({ id, ours, theirs, owners }) =>
      owners.some(
        (owner) => isExternal(id, owner) && specOf(owner).externalTrafficPolicy === "Local",
      ) &&
      isEmptied(ours, theirs) &&
      isNobodyHere(theirs, owners),
  },
  {
    name: "internalTrafficPolicy Local without an endpoint here: dropped, though the Service has external addresses",
    explains: ({ id, ours, theirs, owners }) =>
      owners.some(
        (owner) => !isExternal(id, owner) && specOf(owner).internalTrafficPolicy === "Local",
      ) &&
      isEmptied(ours, theirs) &&
      isNobodyHere(theirs, owners),
  },
  {
    name: PEER,
    explains: ({ id, ours, theirs }) =>
      id.includes(`/${PEER_ADDRESS}:`) && ours === undefined && theirs !== undefined,
  },
  {
    name: "one address and port in two Services: the older one's, and not the last one's",
    isByChance: true,
    explains: ({ ours, theirs, owners }) =>
      owners.length > 1 &&
      ours !== undefined &&
      theirs !== undefined &&
      owners.some((owner) => hasEndpoints(owner, theirs)),
  },
  {
    name: "an endpoint that ends in one slice and not in another: the one that does not, and not either",
    isByChance: true,
    explains: ({ id, theirs, owners }, { settings }) =>
      owners
        .filter(hasUnlikeRepeats)
        .flatMap((owner) => eitherRepeat(owner, id, settings))
        .some((state) => words(state) === words(theirs)),
  },
  // These two are not about what a Service asks for: see below.
  { name: OTHERS, explains: () => false },
  { name: FALLBACK, explains: () => false },
];

/** What is compared. */
export interface Compared {
  /** The oldest first. */
  readonly cluster: readonly ServiceObjects[];
  readonly settings: TableSettings;
  /** Virtual services that were there before, and those of them that kube-proxy must leave. */
  readonly foreign: ServiceStates;
  readonly excluded: readonly string[];
}

/** Every difference, with the rule that explains it where one does. */
export interface Found {
  readonly text: string;
  readonly rule: string | undefined;
}

/** Where the agent's table is not what the objects ask for. */
export function mistakes({ cluster, settings, foreign }: Compared, ours: ServiceStates): Found[] {
  const expected = new Map([...expectedTable(cluster, settings), ...foreign]);
  return unequal(ours, expected).map((id) => ({
    text: `${id}: ours ${words(ours.get(id))}, and what the objects ask for ${words(expected.get(id))}`,
    rule: undefined,
  }));
}

/** Where the agent's and kube-proxy's differ. */
export function differences(compared: Compared, ours: NodeState, theirs: NodeState): Found[] {
  const { cluster, foreign, excluded } = compared;
  const withFlags = new Map([...theirs.services].map(([id, state]) => [id, withFallback(state)]));
  const isOther = unequal(withFlags, theirs.services).length > 0;
  const ofServices = unequal(ours.services, withFlags).map((id) => {
    const [own, other] = [ours.services.get(id), withFlags.get(id)];
    const owners = cluster.filter((one) => mayWant(one, compared).has(id));
    const difference = { id, ours: own, theirs: other, owners };
    const isOthers = foreign.has(id) && !excluded.includes(id) && other === undefined;
    const rule = DIFFERENCE_RULES.find(({ explains }) => explains(difference, compared))?.name;
    return {
      text: `${id}: ours ${words(own)}, kube-proxy's ${words(other)}`,
      rule: isOthers ? OTHERS : rule,
    };
  });
  return [
    ...ofServices,
    ...(isOther ? [{ text: "flags", rule: FALLBACK }] : []),
    ...oneSided(ours.addresses, theirs.addresses).map((address) => ({
      text: `${address}: bound by one of both`,
      rule: address === PEER_ADDRESS ? PEER : undefined,
    })),
  ];
}

/** Some endpoint is in two slices, and not in the same state. */
function hasUnlikeRepeats(one: ServiceObjects): boolean {
  const states = new Map<string, string>();
  return slicesOf(one).some(({ endpoints }) =>
    endpoints.some(({ addresses: [address = ""], conditions }) => {
      const text = JSON.stringify(conditions);
      const before = states.get(address) ?? text;
      states.set(address, text);
      return before !== text;
    }),
  );
}

/**
 * What kube-proxy may make of it, which takes slices in any order: of repeated endpoints the first, or the last
 * one of this node. Where it finds none for a policy Local, it takes all.
 */
function eitherRepeat(
  { name, objects }: ServiceObjects,
  id: string,
  settings: TableSettings,
): readonly (ServiceState | undefined)[] {
  return [objects, objects.toReversed()].map((ordered) => {
    const one = { name, objects: ordered };
    const whole = structuredClone(one);
    const { spec } = serviceOf(whole);
    if (spec) {
      spec.externalTrafficPolicy = "Cluster";
      spec.internalTrafficPolicy = "Cluster";
    }
    const [narrow, wide] = [one, whole].map((it) =>
      expectedServices(it, settings, ({ nodeName }) => nodeName === NODE).get(id),
    );
    return narrow?.destinations.length === 0 ? wide : narrow;
  });
}

/** As kube-proxy's would be with our flags. */
function withFallback({ settings, destinations }: ServiceState): ServiceState {
  return { settings: settings.replace("-b mh-port", "-b mh-fallback,mh-port"), destinations };
}

/** All ids that are not the same in both. */
function unequal(one: ServiceStates, other: ServiceStates): readonly string[] {
  const ids = [...new Set([...one.keys(), ...other.keys()])];
  return ids.filter((id) => words(one.get(id)) !== words(other.get(id)));
}

function words(state: ServiceState | undefined): string {
  return state === undefined ? "none" : JSON.stringify(state);
}

/** The ids that a proxy may make of it, also those that ours refuses. */
function mayWant(one: ServiceObjects, { settings }: Compared): ReadonlySet<string> {
  const { externalIPs = [], ports = [] } = specOf(one);
  const ofPeer = ports
    .filter(() => externalIPs.includes(PEER_ADDRESS))
    .map(({ port, protocol = "TCP" }) => `${protocol.toLowerCase()}/${PEER_ADDRESS}:${port}`);
  return new Set([...expectedServices(one, settings).keys(), ...ofPeer]);
}

function oneSided(one: readonly string[], other: readonly string[]): readonly string[] {
  return [...one.filter((it) => !other.includes(it)), ...other.filter((it) => !one.includes(it))];
}

function isEmptied(ours: ServiceState | undefined, theirs: ServiceState | undefined): boolean {
  const [few, many] = [ours, theirs].map((state) => state?.destinations.length ?? -1);
  return few === 0 && (many ?? 0) > 0 && ours?.settings === theirs?.settings;
}

/** None of the endpoints that kube-proxy took is on this node. */
function isNobodyHere(
  theirs: ServiceState | undefined,
  owners: readonly ServiceObjects[],
): boolean {
  const here = new Set(owners.flatMap((owner) => endpointHosts(owner, NODE)));
  return hostsOf(theirs).every((host) => !here.has(host));
}

function hasEndpoints(service: ServiceObjects, state: ServiceState): boolean {
  const known = new Set(endpointHosts(service));
  return hostsOf(state).every((host) => known.has(host));
}

/** As the kernel's table writes them: `10.1.0.1`, `[fd00:1::1]`. */
function endpointHosts(service: ServiceObjects, node?: string): readonly string[] {
  return slicesOf(service)
    .flatMap(({ endpoints }) => endpoints)
    .filter(({ nodeName }) => node === undefined || nodeName === node)
    .flatMap(({ addresses }) => addresses)
    .map((address) => socketText(address, 0).slice(0, -":0".length));
}

function hostsOf(state: ServiceState | undefined): readonly string[] {
  return (state?.destinations ?? []).map((text) => text.replace(/:\d+ -.*$/, ""));
}

function specOf(service: ServiceObjects) {
  return serviceOf(service).spec ?? {};
}

function isExternal(id: string, service: ServiceObjects): boolean {
  const { clusterIPs = [] } = specOf(service);
  return !clusterIPs.some((address) => id.includes(`/${socketText(address, 0).slice(0, -1)}`));
}
