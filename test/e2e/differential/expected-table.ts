/**
 * The table that the Service API asks for, made of the objects alone and as plainly as it can be said: what
 * the agent has is held against it, beside kube-proxy's. Of the agent's own code it knows the marks' names.
 */
import type {
  V1Endpoint,
  V1EndpointSlice,
  V1Service,
  V1ServicePort,
} from "@kubernetes/client-node";
import { FirewallMarks } from "../../../src/plan/firewall-marks.ts";
import { NODE_ADDRESSES, NODE_ADDRESSES_V6, PEER_ADDRESS } from "../../lab/node-network.ts";
import { NAMESPACE } from "../harness/objects.ts";
import { NODE } from "../harness/pods.ts";
import type { ServiceState, ServiceStates } from "./node-state.ts";
import type { Family, ServiceObjects } from "./random-cluster.ts";

const ZONE = "zone-a";
const HIDING = ["service.kubernetes.io/service-proxy-name", "service.kubernetes.io/headless"];
const marks = new FirewallMarks();

/** What decides besides the objects. */
export interface TableSettings {
  /** Of every virtual service, as ipvsadm writes them: `-s rr`. */
  readonly scheduler: string;
  /** Addresses of the node that serve node ports. */
  readonly nodePortAddresses: readonly string[];
}

/** Where nothing is configured. */
export const USUAL: TableSettings = {
  scheduler: "-s rr",
  nodePortAddresses: [...NODE_ADDRESSES, ...NODE_ADDRESSES_V6],
};

/** Of all of them; the oldest comes first, and has what several want. */
export function expectedTable(
  oldestFirst: readonly ServiceObjects[],
  settings: TableSettings,
): ServiceStates {
  const all = new Map<string, ServiceState>();
  for (const one of oldestFirst) {
    for (const [id, state] of expectedServices(one, settings)) {
      if (!all.has(id)) all.set(id, state);
    }
  }
  return all;
}

/** Of two endpoints with one address and port: whether the later one counts. */
type Repeat = (later: V1Endpoint) => boolean;

const notEnding: Repeat = ({ conditions }) => !conditions?.terminating;

/** What one Service asks for. */
export function expectedServices(
  one: ServiceObjects,
  settings: TableSettings,
  counts = notEnding,
): ServiceStates {
  const { spec = {} } = serviceOf(one);
  const families = (spec.clusterIPs ?? []).map(familyOf);
  return new Map(
    families.flatMap((family) =>
      (spec.ports ?? []).flatMap((port) => servicesOfPort(one, { family, port, counts }, settings)),
    ),
  );
}

/** A port in one family. */
interface Port {
  readonly counts: Repeat;
  readonly family: Family;
  readonly port: V1ServicePort;
}

function servicesOfPort(
  one: ServiceObjects,
  at: Port,
  { scheduler, nodePortAddresses }: TableSettings,
): [string, ServiceState][] {
  const { spec = {}, status } = serviceOf(one);
  const { family, port } = at;
  const vips = (status?.loadBalancer?.ingress ?? []).filter(({ ipMode }) => ipMode !== "Proxy");
  const addresses = [...vips.map(({ ip = "" }) => ip), ...(spec.externalIPs ?? [])]
    .filter((address) => address !== PEER_ADDRESS)
    .map((address) => socketText(address, port.port));
  const nodePort = port.nodePort ?? 0;
  const onNode = nodePortAddresses.map((address) => socketText(address, nodePort));
  const external = [...addresses, ...(nodePort === 0 ? [] : onNode)].filter(
    (socket) => socket.startsWith("[") === (family === "IPv6"),
  );
  const timeoutS = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds;
  // Where affinity and flags are both there, ipvsadm writes the flags last.
  const [, name = "", flags = ""] = /^(-s \S+)(.*)$/.exec(scheduler) ?? [];
  const state = (settings: string, isLocal: boolean): ServiceState => ({
    settings,
    destinations: chosen(one, at, isLocal),
  });
  const usual = timeoutS === undefined ? scheduler : `${name} -p ${timeoutS}${flags}`;
  const forMarked = timeoutS === undefined ? scheduler : "-s sh -b sh-fallback";
  const protocol = (port.protocol ?? "TCP").toLowerCase();
  const isLocal = spec.externalTrafficPolicy === "Local";
  const cluster = (spec.clusterIPs ?? []).filter((address) => familyOf(address) === family);
  const mark = marks.of(`${NAMESPACE}/${one.name} ${protocol}/${port.port}`);
  return [
    ...cluster.map((address): [string, ServiceState] => [
      `${protocol}/${socketText(address, port.port)}`,
      state(usual, spec.internalTrafficPolicy === "Local"),
    ]),
    ...external.map((socket): [string, ServiceState] => [
      `${protocol}/${socket}`,
      state(usual, isLocal),
    ]),
    ...(isLocal && external.length > 0
      ? [[`mark/${mark}/${family}`, state(forMarked, false)] as [string, ServiceState]]
      : []),
  ];
}

/** The endpoints that serve, as destinations. */
function chosen(one: ServiceObjects, port: Port, isLocal: boolean): readonly string[] {
  const all = [...endpointsOf(one, port)];
  const near = isLocal ? all.filter(([, { nodeName }]) => nodeName === NODE) : all;
  const ready = near.filter(([, { conditions }]) => conditions?.ready ?? true);
  const serving = near.filter(
    ([, { conditions }]) => (conditions?.serving ?? true) && (conditions?.terminating ?? false),
  );
  const hinted = isLocal ? ready : byHints(ready);
  const used = hinted.length > 0 ? hinted : serving;
  return used.map(([socket]) => `${socket} -m -w 1`).toSorted();
}

/** By address and port. */
function endpointsOf(
  one: ServiceObjects,
  { family, port, counts }: Port,
): ReadonlyMap<string, V1Endpoint> {
  const found = new Map<string, V1Endpoint>();
  for (const { metadata, addressType, ports, endpoints } of slicesOf(one)) {
    const isHidden = HIDING.some((label) => label in (metadata?.labels ?? {}));
    const number = ports?.find(
      ({ name, protocol }) => name === (port.name ?? "") && protocol === (port.protocol ?? "TCP"),
    )?.port;
    if (isHidden || addressType !== family || number === undefined) continue;
    for (const endpoint of endpoints) {
      const socket = socketText(endpoint.addresses[0] ?? "", number);
      if (!found.has(socket) || counts(endpoint)) found.set(socket, endpoint);
    }
  }
  return found;
}

type Found = [string, V1Endpoint];

function byHints(ready: readonly Found[]): readonly Found[] {
  const named = (names: (endpoint: V1Endpoint) => readonly string[], wanted: string): Found[] =>
    ready.every(([, endpoint]) => names(endpoint).length > 0)
      ? ready.filter(([, endpoint]) => names(endpoint).includes(wanted))
      : [];
  const onNode = named(({ hints }) => hints?.forNodes?.map(({ name }) => name) ?? [], NODE);
  const inZone = named(({ hints }) => hints?.forZones?.map(({ name }) => name) ?? [], ZONE);
  return [onNode, inZone].find((found) => found.length > 0) ?? ready;
}

/** The Service itself. */
export function serviceOf({ objects }: ServiceObjects): V1Service {
  const found = objects.find((object): object is V1Service => object.kind === "Service");
  if (!found) throw new Error("a random Service without a Service");
  return found;
}

/** Its slices, also those that count for nothing. */
export function slicesOf({ objects }: ServiceObjects): readonly V1EndpointSlice[] {
  return objects.filter((object): object is V1EndpointSlice => object.kind === "EndpointSlice");
}

function familyOf(address: string): Family {
  return address.includes(":") ? "IPv6" : "IPv4";
}

/** As ipvsadm writes them: `10.1.0.1:80`, `[fd00:1::1]:80`. */
export function socketText(address: string, port: number): string {
  return `${new URL(`http://${address.includes(":") ? `[${address}]` : address}`).hostname}:${port}`;
}
