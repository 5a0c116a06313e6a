/** What `kube-ipvs status` shows: the kernel's table joined with what the agent knows. Pure. */
import type { AgentStatus } from "../agent/status.ts";
import type { ObservedDestination, ObservedService } from "../model/counters.ts";
import { flagNames } from "../model/flag-names.ts";
import { destinationId, type ServiceSettings, serviceId } from "../model/virtual-service.ts";

/** One destination as the kernel has it. */
export interface DestinationView {
  readonly destination: string;
  readonly weight: number;
  readonly forward: string;
  readonly active: number;
  readonly inactive: number;
  /** "" when it takes connections; else how the drain stands. */
  readonly drain: string;
}

/** One virtual service as the kernel has it, with the Service it belongs to. */
export interface VirtualServiceView {
  /** `namespace/name`, or "" when the agent knows no Service for it. */
  readonly service: string;
  readonly port: string;
  readonly id: string;
  readonly scheduler: string;
  /** As users write them, such as `mh-port`; then `one-packet` and `persistent 10800s`. */
  readonly flags: readonly string[];
  readonly bound: boolean;
  /** Connections since the virtual service was made, as decimal text: it can pass 2^53. */
  readonly connections: string;
  readonly destinations: readonly DestinationView[];
}

/** Everything that `status` prints. */
export interface StatusView {
  /** Null when no agent answers: names, findings and drains are then unknown. */
  readonly agent: Omit<AgentStatus, "services" | "draining"> | null;
  readonly virtualServices: readonly VirtualServiceView[];
  /** Wanted by a Service and not in the kernel. */
  readonly missing: readonly { readonly service: string; readonly id: string }[];
  readonly findings: AgentStatus["services"][number]["findings"];
}

/** What was read from the kernel. */
export interface KernelReading {
  readonly services: readonly ObservedService[];
  readonly destinations: readonly (readonly ObservedDestination[] | undefined)[];
  readonly addresses: ReadonlySet<string>;
}

/** Joins both sides. `only` leaves one Service (`namespace/name`). */
export function statusView(
  kernel: KernelReading,
  agent: AgentStatus | undefined,
  only: string | undefined,
): StatusView {
  const owners = new Map<string, { name: string; port: string }>();
  for (const { name, virtualServices } of agent?.services ?? []) {
    for (const { id, port, inForce } of virtualServices)
      if (inForce) owners.set(id, { name, port });
  }
  const drains = new Map(
    (agent?.draining ?? []).map((drain) => [`${drain.service} ${drain.destination}`, drain]),
  );
  const views = kernel.services.map((service, index): VirtualServiceView => {
    const id = serviceId(service.key);
    const owner = owners.get(id);
    return {
      service: owner?.name ?? "",
      port: owner?.port ?? "",
      id,
      scheduler: service.settings.scheduler,
      flags: flagsOf(service.settings),
      bound: "address" in service.key && kernel.addresses.has(service.key.address),
      connections: service.traffic().connections.toString(),
      destinations: (kernel.destinations[index] ?? [])
        .map((destination) =>
          destinationView(destination, drains.get(`${id} ${destinationId(destination)}`)),
        )
        .sort((a, b) => (a.destination < b.destination ? -1 : 1)),
    };
  });
  const present = new Set(views.map(({ id }) => id));
  const services = (agent?.services ?? []).filter(
    ({ name }) => only === undefined || name === only,
  );
  return {
    agent: agent ? withoutServices(agent) : null,
    virtualServices: views
      .filter(({ service }) => only === undefined || service === only)
      .sort((a, b) => (`${a.service} ${a.id}` < `${b.service} ${b.id}` ? -1 : 1)),
    missing: services.flatMap(({ name, virtualServices }) =>
      virtualServices
        .filter(({ id, inForce }) => inForce && !present.has(id))
        .map(({ id }) => ({ service: name, id })),
    ),
    findings: services.flatMap(({ findings }) => findings),
  };
}

function destinationView(
  destination: ObservedDestination,
  drain: AgentStatus["draining"][number] | undefined,
): DestinationView {
  return {
    destination: destinationId(destination),
    weight: destination.weight,
    forward: destination.forward,
    active: destination.activeConnections,
    inactive: destination.inactiveConnections,
    drain: drainText(destination.weight, drain),
  };
}

function drainText(weight: number, drain: AgentStatus["draining"][number] | undefined): string {
  if (!drain) return weight === 0 ? "takes no new connections" : "";
  if (drain.removedInMs === null) return "draining while its pod ends";
  return `draining, removed in ${Math.ceil(drain.removedInMs / 1_000)} s at the latest`;
}

function flagsOf(settings: ServiceSettings): string[] {
  const flags = flagNames(settings);
  if (settings.onePacket) flags.push("one-packet");
  if (settings.persistence) flags.push(`persistent ${settings.persistence.timeoutS}s`);
  return flags;
}

function withoutServices(agent: AgentStatus): Omit<AgentStatus, "services" | "draining"> {
  const { services: _services, draining: _draining, ...rest } = agent;
  return rest;
}
