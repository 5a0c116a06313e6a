/**
 * Where the agent's table is not kube-proxy's, and on purpose: each rule says when it may differ and what
 * must hold then. What no rule explains is a mistake of one of both. `docs/differences.md` has the reasons.
 */
import type { V1EndpointSlice, V1Service } from "@kubernetes/client-node";
import { NODE_ADDRESSES, NODE_ADDRESSES_V6, PEER_ADDRESS } from "../../lab/node-network.ts";
import { NODE } from "../harness/pods.ts";
import type { NodeState, ServiceState } from "./node-state.ts";
import type { RandomService } from "./random-cluster.ts";

/** One virtual service that is not the same in both. */
export interface Difference {
  readonly id: string;
  readonly ours: ServiceState | undefined;
  readonly theirs: ServiceState | undefined;
  /** The Services that want it. */
  readonly owners: readonly RandomService[];
}

/** A reason for a difference. */
export interface DifferenceRule {
  /** As `docs/differences.md` says it. */
  readonly name: string;
  /** What kube-proxy does changes from sync to sync: it may be the same as ours now and then. */
  readonly isByChance?: true;
  readonly explains: (
    difference: Difference,
    theirs: NodeState,
    cluster: readonly RandomService[],
  ) => boolean;
}

/** All reasons. */
export const DIFFERENCE_RULES: readonly DifferenceRule[] = [
  {
    name: "clients inside the cluster have a virtual service of their own, by mark, with all endpoints",
    explains: ({ id, ours, theirs }, { services }, cluster) =>
      id.startsWith("mark/") &&
      theirs === undefined &&
      // A mark serves both families; kube-proxy has the same endpoints behind some address of each.
      (ofEachFamily(ours).every((wanted) =>
        [...services.values()].some(({ destinations }) => destinations.join() === wanted.join()),
      ) ||
        // Where both policies are Local, kube-proxy has all endpoints nowhere.
        cluster.some((one) => isLocalEverywhere(one) && hasEndpoints(one, ours))),
  },
  {
    name: "externalTrafficPolicy Local without an endpoint here: dropped, and not sent to another node",
    explains: ({ id, ours, theirs, owners }) =>
      owners.some((owner) => isExternal(id, owner) && externalPolicy(owner) === "Local") &&
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
    name: "an external address that is another node's: refused",
    explains: ({ id, ours, theirs }) =>
      id.includes(`/${PEER_ADDRESS}:`) && ours === undefined && theirs !== undefined,
  },
  {
    name: "one address and port in two Services: the older one's, and not the last one's",
    isByChance: true,
    explains: ({ ours, owners }) => owners.length > 1 && ours !== undefined,
  },
];

/** Every difference, with the rule that explains it where one does. */
export function differences(
  cluster: readonly RandomService[],
  ours: NodeState,
  theirs: NodeState,
): readonly { readonly text: string; readonly rule: string | undefined }[] {
  const ids = new Set([...ours.services.keys(), ...theirs.services.keys()]);
  const ofServices = [...ids]
    .map((id) => ({
      id,
      ours: ours.services.get(id),
      theirs: theirs.services.get(id),
      owners: cluster.filter((one) => frontends(one).has(id)),
    }))
    .filter((one) => JSON.stringify(one.ours) !== JSON.stringify(one.theirs));
  return [
    ...ofServices.map((one) => ({
      text: `${one.id}: ours ${JSON.stringify(one.ours)}, kube-proxy's ${JSON.stringify(one.theirs)}`,
      rule: DIFFERENCE_RULES.find(({ explains }) => explains(one, theirs, cluster))?.name,
    })),
    ...oneSided(ours.addresses, theirs.addresses).map((address) => ({
      text: `${address}: bound by one of both`,
      rule: address === PEER_ADDRESS ? DIFFERENCE_RULES[PEER_RULE]?.name : undefined,
    })),
  ];
}

const PEER_RULE = DIFFERENCE_RULES.findIndex(({ name }) => name.includes("another node's"));

function oneSided(one: readonly string[], other: readonly string[]): readonly string[] {
  return [...one.filter((it) => !other.includes(it)), ...other.filter((it) => !one.includes(it))];
}

function ofEachFamily(state: ServiceState | undefined): readonly (readonly string[])[] {
  const all = state?.destinations ?? [];
  const isV6 = (text: string): boolean => text.startsWith("[");
  return [all.filter(isV6), all.filter((text) => !isV6(text))];
}

function isEmptied(ours: ServiceState | undefined, theirs: ServiceState | undefined): boolean {
  const [few, many] = [ours, theirs].map((state) => state?.destinations.length ?? -1);
  return few === 0 && (many ?? 0) > 0 && ours?.options === theirs?.options;
}

/** None of the endpoints that kube-proxy took is on this node. */
function isNobodyHere(theirs: ServiceState | undefined, owners: readonly RandomService[]): boolean {
  const here = new Set(owners.flatMap((owner) => endpointHosts(owner, NODE)));
  return hostsOf(theirs).every((host) => !here.has(host));
}

function isLocalEverywhere(service: RandomService): boolean {
  const { externalTrafficPolicy, internalTrafficPolicy } = specOf(service);
  return externalTrafficPolicy === "Local" && internalTrafficPolicy === "Local";
}

function hasEndpoints(service: RandomService, state: ServiceState | undefined): boolean {
  const known = new Set(endpointHosts(service));
  return hostsOf(state).every((host) => known.has(host));
}

/** As the kernel's table writes them: `10.1.0.1`, `[fd00:1::1]`. */
function endpointHosts({ objects }: RandomService, node?: string): readonly string[] {
  return objects
    .filter((object): object is V1EndpointSlice => object.kind === "EndpointSlice")
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ nodeName }) => node === undefined || nodeName === node)
    .flatMap(({ addresses }) => addresses)
    .map((address) => new URL(`http://${hostOf(address)}`).hostname);
}

function hostsOf(state: ServiceState | undefined): readonly string[] {
  return (state?.destinations ?? []).map((text) => text.replace(/:\d+ weight.*$/, ""));
}

function serviceOf({ objects }: RandomService): V1Service {
  const found = objects.find((object): object is V1Service => object.kind === "Service");
  if (!found) throw new Error("a random Service without a Service");
  return found;
}

function specOf(service: RandomService) {
  return serviceOf(service).spec ?? {};
}

function externalPolicy(service: RandomService): string {
  return specOf(service).externalTrafficPolicy ?? "Cluster";
}

function isExternal(id: string, service: RandomService): boolean {
  const { clusterIPs = [] } = specOf(service);
  return !clusterIPs.some((address) => id.includes(`/${hostOf(address)}:`));
}

/** The ids of all virtual services that a proxy may make of it. */
function frontends(service: RandomService): ReadonlySet<string> {
  const { clusterIPs = [], externalIPs = [], ports = [] } = specOf(service);
  const { status } = serviceOf(service);
  const ingress = (status?.loadBalancer?.ingress ?? []).map(({ ip = "" }) => ip);
  const nodeAddresses = [...NODE_ADDRESSES, ...NODE_ADDRESSES_V6];
  return new Set(
    ports.flatMap(({ port, nodePort, protocol = "TCP" }) => [
      ...[...clusterIPs, ...externalIPs, ...ingress].map(
        (address) => `${protocol.toLowerCase()}/${hostOf(address)}:${port}`,
      ),
      ...nodeAddresses.map(
        (address) => `${protocol.toLowerCase()}/${hostOf(address)}:${nodePort ?? 0}`,
      ),
    ]),
  );
}

function hostOf(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
