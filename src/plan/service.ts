/** One Service in, one plan out: its virtual services, addresses and findings. Pure, and cannot fail. */
import { parseDuration } from "../base/duration.ts";
import { type Address, familyOf } from "../model/address.ts";
import type { EndpointSlice, NodeView, Service, ServicePort } from "../model/cluster.ts";
import type { Finding } from "../model/finding.ts";
import type { Range } from "../model/range.ts";
import type { SchedulerChoice, SchedulerName } from "../model/scheduler.ts";
import { type ServiceId, type ServiceKey, serviceId } from "../model/virtual-service.ts";
import { whySpecial } from "./address-rules.ts";
import { annotationField, DRAIN_ANNOTATION, findAnnotation, quoted } from "./annotations.ts";
import { chooseEndpoints, type RefusedEndpoint } from "./endpoints.ts";
import { canDrain, chooseScheduler } from "./scheduler-choice.ts";
import type { PlannedService, ServicePlan } from "./service-plan.ts";
import { unknownAnnotations } from "./unknown-annotations.ts";

/** What holds for every Service that says nothing else. */
export interface PlanOptions {
  readonly defaultScheduler: SchedulerChoice;
  readonly drainTimeoutMs: number;
  /** `spec.externalIPs` outside of these are refused; empty: all are allowed. */
  readonly externalRanges: readonly Range[];
}

/** All that a plan depends on. */
export interface PlanInput {
  readonly service: Service;
  /** Its slices, in any order. */
  readonly slices: readonly EndpointSlice[];
  readonly node: NodeView;
  readonly options: PlanOptions;
  /** False when the kernel is known not to have it. */
  readonly hasScheduler: (name: SchedulerName) => boolean;
  /** What stays when an annotation is no good; undefined for a new virtual service. */
  readonly lastGood: (key: ServiceKey) => SchedulerChoice | undefined;
  /** The firewall mark of a name (of a Service and port): never the same for two names that are in use. */
  readonly markOf: (name: string) => number;
}

/** Labels that hide a Service, or a slice, from every proxy that is not named in them. */
const HIDING_LABELS = [
  "service.kubernetes.io/service-proxy-name",
  "service.kubernetes.io/headless",
] as const;

/** Endpoints of one port with special addresses that are named in findings; the rest goes unnamed. */
export const REFUSED_NAMED_MAX = 10;

/** Plans one Service. */
export function planService(input: PlanInput): ServicePlan {
  const { service } = input;
  const plan = { name: service.name, createdMs: service.createdMs };
  const isHeadless = service.clusterAddresses.length === 0;
  if (isHidden(service.labels) || service.type === "ExternalName" || isHeadless) {
    return {
      ...plan,
      virtualServices: [],
      addresses: [],
      findings: [],
      healthCheck: undefined,
      noLocalEndpoints: { internal: false, external: false },
    };
  }
  const findings = new Map<string, Finding>();
  const note = (finding: Finding): void => {
    findings.set(`${finding.field} ${finding.message}`, finding);
  };
  const context = {
    input,
    slices: visibleSlices(input),
    drainTimeoutMs: drainTimeout(input, note),
    note,
  };
  const addresses = service.clusterAddresses.filter((address) => canBind(service, address, note));
  const virtualServices = new Map<ServiceId, PlannedService>();
  for (const address of addresses) {
    for (const port of service.ports) addPort(virtualServices, { ...context, address, port });
  }
  for (const finding of unknownAnnotations(service)) note(finding);
  return {
    ...plan,
    virtualServices: [...virtualServices.values()],
    addresses: service.ports.length > 0 ? addresses : [],
    findings: [...findings.values()],
    healthCheck: undefined,
    noLocalEndpoints: { internal: false, external: false },
  };
}

function isHidden(labels: Readonly<Record<string, string>>): boolean {
  return HIDING_LABELS.some((label) => Object.hasOwn(labels, label));
}

/** By name, so that the plan does not depend on the order in which they came. */
function visibleSlices({ slices }: PlanInput): readonly EndpointSlice[] {
  const visible = slices.filter(({ labels }) => !isHidden(labels));
  return visible.length < 2 ? visible : visible.sort((a, b) => (a.name < b.name ? -1 : 1));
}

interface PortContext {
  readonly input: PlanInput;
  readonly slices: readonly EndpointSlice[];
  readonly drainTimeoutMs: number;
  readonly note: (finding: Finding) => void;
  readonly address: Address;
  readonly port: ServicePort;
}

function addPort(into: Map<ServiceId, PlannedService>, context: PortContext): void {
  const { input, slices, note, address, port } = context;
  const { service, options, hasScheduler, lastGood, node } = input;
  const key = { protocol: port.protocol, address, port: port.port };
  const id = serviceId(key);
  const first = into.get(id);
  if (first) {
    note(repeatedPort(service, port, first.portName));
    return;
  }
  const { choice, findings } = chooseScheduler({
    service,
    portName: port.name,
    defaultChoice: options.defaultScheduler,
    hasScheduler,
    lastGood: () => lastGood(key),
  });
  for (const finding of findings) note(finding);
  const family = familyOf(address);
  const { destinations, lingering, refused } = chooseEndpoints(port, family, { slices, node });
  for (const endpoint of refused.slice(0, REFUSED_NAMED_MAX)) {
    note(refusedEndpoint(service, endpoint));
  }
  if (destinations.size === 0) note(noEndpoints(service, port, address));
  const { scheduler, schedulerFlags } = choice;
  const settings = { scheduler, schedulerFlags, onePacket: false, persistence: undefined };
  into.set(id, {
    id,
    service: { key, settings },
    owner: service.name,
    portName: port.name,
    kind: "cluster",
    frontends: [],
    elements: [],
    destinations,
    lingering,
    drainTimeoutMs: drainOf(context, choice),
  });
}

/** 0 where draining would cost more than it keeps. */
function drainOf(
  { input, drainTimeoutMs, note, port }: PortContext,
  choice: SchedulerChoice,
): number {
  if (drainTimeoutMs === 0 || canDrain(choice)) return drainTimeoutMs;
  const { service } = input;
  if (Object.hasOwn(service.annotations, DRAIN_ANNOTATION)) note(noDrain(service, port, choice));
  return 0;
}

function canBind(service: Service, address: Address, note: (finding: Finding) => void): boolean {
  const why = whySpecial(address);
  if (why === undefined) return true;
  note({
    severity: "warning",
    reason: "bad-address",
    service: service.name,
    field: "spec.clusterIPs",
    message: `${address} is ${why}, and a node must not take it for a Service. Nothing is made for it.`,
  });
  return false;
}

function drainTimeout({ service, options }: PlanInput, note: (finding: Finding) => void): number {
  const found = findAnnotation(service.annotations, [DRAIN_ANNOTATION]);
  if (!found) return options.drainTimeoutMs;
  const ms = parseDuration(found.value);
  if (ms !== undefined) return ms;
  note({
    severity: "warning",
    reason: "bad-drain-timeout",
    service: service.name,
    field: annotationField(found.name),
    message:
      `${quoted(found.value)} is no duration: write it like 30s, 5m or 1h30m, or 0 to cut at once. ` +
      `${options.drainTimeoutMs / 1_000}s, the default, is in force.`,
  });
  return options.drainTimeoutMs;
}

function noDrain(service: Service, port: ServicePort, { scheduler }: SchedulerChoice): Finding {
  const way =
    scheduler === "dh" ? "Choose another scheduler" : `Add the flag ${scheduler}-fallback`;
  return {
    severity: "warning",
    reason: "bad-drain-timeout",
    service: service.name,
    field: annotationField(DRAIN_ANNOTATION),
    message:
      `${scheduler} would refuse new clients while an endpoint drains: the endpoints of port ` +
      `${port.port}/${port.protocol} are cut at once. ${way} to have them drain.`,
  };
}

function refusedEndpoint(service: Service, { slice, address, why }: RefusedEndpoint): Finding {
  return {
    severity: "warning",
    reason: "bad-address",
    service: service.name,
    field: "",
    message: `${address} of the EndpointSlice ${slice} is ${why}, and can be no endpoint. It is left out.`,
  };
}

function noEndpoints(service: Service, port: ServicePort, address: Address): Finding {
  return {
    severity: "info",
    reason: "no-endpoints",
    service: service.name,
    field: portField(service, port),
    message: `port ${port.port}/${port.protocol} of ${address} has no usable endpoint: connections are refused.`,
  };
}

function repeatedPort(service: Service, port: ServicePort, firstName: string): Finding {
  return {
    severity: "warning",
    reason: "bad-port",
    service: service.name,
    field: portField(service, port),
    message:
      `${port.port}/${port.protocol} is already the port ${quoted(firstName)} of this Service, ` +
      `which stays; ${quoted(port.name)} is left out.`,
  };
}

function portField(service: Service, port: ServicePort): string {
  return `spec.ports[${service.ports.indexOf(port)}]`;
}
