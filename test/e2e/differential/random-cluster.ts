/**
 * Services and EndpointSlices by chance, every field that a proxy looks at among them. The API server takes
 * all of them: what it refuses no proxy ever sees.
 */
import type {
  V1Endpoint,
  V1EndpointSlice,
  V1ServicePort,
  V1ServiceSpec,
} from "@kubernetes/client-node";
import { NODE_ADDRESSES, PEER, PEER_ADDRESS } from "../../lab/node-network.ts";
import type { Random } from "../../simulation/random.ts";
import { type EndpointWords, type KubeObject, service, slice } from "../harness/objects.ts";
import { NODE } from "../harness/pods.ts";

/** A cluster's Service with all that belongs to it. */
export interface ServiceObjects {
  readonly name: string;
  readonly objects: readonly KubeObject[];
}

/** One by chance. */
export interface RandomService extends ServiceObjects {
  /** What its slices are made of. */
  readonly owners: readonly Owner[];
}

const PROTOCOLS = ["TCP", "UDP", "SCTP"] as const;
const NODE_PORT_FIRST = 30_000;
const NODE_PORTS_OF_ONE = 8;
const ENDPOINTS_MAX = 5;
const AFFINITY_SECONDS = [1, 60, 10_800, 86_400];
/** One of them is this node's, one another node's; the others are nobody's. */
const EXTERNAL = [
  ...["198.51.100.1", "198.51.100.2", "198.51.100.3", "203.0.113.1", "203.0.113.2"],
  ...[NODE_ADDRESSES[1], PEER_ADDRESS, "fd00:5::1", "fd00:5::2"],
];

/** A family of addresses, as the API writes it. */
export type Family = "IPv4" | "IPv6";

/** Makes `count` Services, which share no address that the API server gives. */
export function randomCluster(random: Random, count: number): readonly RandomService[] {
  return Array.from({ length: count }, (_, index) => randomService(random, index));
}

/**
 * The same some time later: of the Services some are gone, others have come, some have other slices. No Service
 * becomes another one of its name: most of that the API server refuses.
 */
export function changedCluster(
  random: Random,
  cluster: readonly RandomService[],
): readonly RandomService[] {
  const come: RandomService[] = [];
  const stay = cluster.flatMap((one, index) => {
    const fate = random.int(10);
    if (fate < 2) return [];
    if (fate < 8) return fate < 6 ? [withSlices(one, slicesOf(random, one))] : [one];
    come.push(randomService(random, cluster.length + index));
    return [];
  });
  return [...stay, ...come];
}

function randomService(random: Random, index: number): RandomService {
  const name = nameOf(index);
  const families = random.pick<readonly Family[]>([
    ["IPv4"],
    ["IPv4"],
    ["IPv6"],
    ["IPv4", "IPv6"],
    ["IPv6", "IPv4"],
  ]);
  const ports = randomPorts(random);
  const type = random.pick(["ClusterIP", "ClusterIP", "NodePort", "LoadBalancer"]);
  const made = service({
    name,
    addresses: families.map((family) => clusterAddress(family, index)),
    ports: ports.map((port, at) => ({
      ...port,
      ...(type !== "ClusterIP" && { nodePort: nodePortOf(index, at) }),
    })),
    spec: randomSpec(random, type, index),
    ...(type === "LoadBalancer" && { ingress: randomIngress(random, families, index) }),
  });
  const owners = families.map((family) => ({ family, index, ports }));
  const bare = { name, owners, objects: [made] };
  return withSlices(bare, slicesOf(random, bare));
}

function slicesOf(random: Random, { owners }: RandomService): readonly V1EndpointSlice[] {
  return owners.flatMap((owner) => randomSlices(random, owner));
}

function withSlices(one: RandomService, slices: readonly V1EndpointSlice[]): RandomService {
  return { ...one, objects: [...one.objects.slice(0, 1), ...slices] };
}

type RandomPort = Pick<V1ServicePort, "name" | "port"> & {
  readonly protocol?: (typeof PROTOCOLS)[number];
};

function randomPorts(random: Random): readonly RandomPort[] {
  const count = random.pick([1, 1, 1, 2, 3]);
  if (count === 1) return [{ port: 80, protocol: random.pick(PROTOCOLS) }];
  return Array.from({ length: count }, (_, at) => ({
    name: `port-${at}`,
    // One number on two protocols, and others.
    port: at < 2 ? 53 : 1_000 + random.int(50),
    protocol: at === 0 ? "TCP" : at === 1 ? "UDP" : random.pick(PROTOCOLS),
  }));
}

function randomSpec(random: Random, type: string, index: number): V1ServiceSpec {
  const hasExternal = random.chance(30);
  const isLocal = random.chance(40) && (type !== "ClusterIP" || hasExternal);
  return {
    type,
    ...(hasExternal && { externalIPs: [random.pick(EXTERNAL), ownAddress(index)] }),
    ...(isLocal && { externalTrafficPolicy: "Local" }),
    ...(isLocal && type === "LoadBalancer" && { healthCheckNodePort: healthCheckPort(index) }),
    ...(random.chance(20) && { internalTrafficPolicy: "Local" }),
    ...(random.chance(25) && {
      sessionAffinity: "ClientIP",
      sessionAffinityConfig: { clientIP: { timeoutSeconds: random.pick(AFFINITY_SECONDS) } },
    }),
    ...(random.chance(10) && { publishNotReadyAddresses: true }),
    ...(type === "LoadBalancer" &&
      random.chance(30) && { loadBalancerSourceRanges: ["192.168.77.0/24", "fd00:77::/64"] }),
  };
}

function randomIngress(random: Random, families: readonly Family[], index: number) {
  return families
    .filter(() => random.chance(80))
    .map((family) => ({
      ip: family === "IPv4" ? `192.0.2.${1 + index}` : `fd00:6::${(1 + index).toString(16)}`,
      ...(random.chance(30) && { ipMode: "Proxy" as const }),
    }));
}

/** Whose slices they are. */
interface Owner {
  readonly family: Family;
  readonly index: number;
  readonly ports: readonly RandomPort[];
}

function randomSlices(random: Random, owner: Owner): readonly V1EndpointSlice[] {
  const { family, index, ports } = owner;
  const slices = Array.from({ length: random.pick([0, 1, 1, 1, 2]) }, (_, at) => {
    const made = slice({
      ...{ service: nameOf(index), suffix: String(at), family },
      ports: ports.map(({ name, protocol, port }, number) => ({
        // What no port of the Service is called is for nobody.
        ...(random.chance(8) ? { name: `other-${number}` } : name !== undefined && { name }),
        ...(protocol !== undefined && { protocol }),
        // Named ports may have different numbers in each slice.
        port: 8_000 + (port % 100) + (ports.length > 1 ? at * 100 : 0),
      })),
      endpoints: randomEndpoints(random, family, { index, slice: at }),
    });
    made.endpoints = made.endpoints.map((endpoint) => withLess(random, endpoint));
    if (random.chance(6)) hide(random, made);
    return made;
  });
  const [first, second] = slices;
  const repeated = first?.endpoints.filter(() => random.chance(40)) ?? [];
  second?.endpoints.push(...repeated.map((endpoint) => repeatOf(random, endpoint)));
  return slices;
}

function randomEndpoints(
  random: Random,
  family: Family,
  at: { readonly index: number; readonly slice: number },
): EndpointWords[] {
  const hinted = random.chance(25);
  const nodes = random.pick([[NODE, PEER], [PEER], [NODE]]);
  return Array.from({ length: random.int(ENDPOINTS_MAX + 1) }, (_, number) => {
    const host = at.slice * ENDPOINTS_MAX + number + 1;
    const terminating = random.chance(20);
    return {
      address:
        family === "IPv4" ? `10.1.${2 + at.index}.${host}` : `fd00:1:0:${at.index + 16}::${host}`,
      node: random.pick(nodes),
      // Ready though it ends: a Service that publishes what is not ready.
      ready: random.chance(terminating ? 25 : 80),
      serving: random.chance(80),
      terminating,
      ...(hinted && { zones: [random.pick(["zone-a", "zone-b"])] }),
      ...(hinted && random.chance(30) && { forNodes: [random.pick([NODE, PEER])] }),
    };
  });
}

/** Without some of what an endpoint need not say. */
function withLess(random: Random, { conditions = {}, nodeName, ...rest }: V1Endpoint): V1Endpoint {
  const said = Object.entries(conditions).filter(() => !random.chance(10));
  return {
    ...rest,
    ...(random.chance(90) && { conditions: Object.fromEntries(said) }),
    ...(nodeName !== undefined && random.chance(90) && { nodeName }),
  };
}

/** The same endpoint in another slice; of two the one that does not end counts, whichever comes first. */
function repeatOf(random: Random, endpoint: V1Endpoint): V1Endpoint {
  if (random.chance(50)) return endpoint;
  const terminating = !endpoint.conditions?.terminating;
  const ready = !terminating || random.chance(25);
  return { ...endpoint, conditions: { ready, serving: random.chance(80), terminating } };
}

function hide(random: Random, { metadata }: V1EndpointSlice): void {
  const label = random.pick(["service-proxy-name", "headless"]);
  if (metadata?.labels) metadata.labels[`service.kubernetes.io/${label}`] = "";
}

function nameOf(index: number): string {
  return `random-${String(index).padStart(3, "0")}`;
}

function clusterAddress(family: Family, index: number): string {
  const number = 1_024 + index;
  if (family === "IPv6") return `fd00:96::${number.toString(16)}`;
  return `10.96.${number >> 8}.${number & 255}`;
}

function nodePortOf(index: number, at: number): number {
  return NODE_PORT_FIRST + index * NODE_PORTS_OF_ONE + at;
}

function healthCheckPort(index: number): number {
  return nodePortOf(index, NODE_PORTS_OF_ONE - 1);
}

/** An external address that no other Service has. */
function ownAddress(index: number): string {
  return `198.18.0.${1 + index}`;
}
