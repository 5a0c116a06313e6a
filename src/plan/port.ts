/**
 * One port of a Service in one family: the virtual services of all its frontends. They share settings and
 * endpoints; what differs is the key, the traffic policy and what the packet filter does. Pure.
 *
 * Where the outside gets only endpoints of this node (`externalTrafficPolicy: Local`), clients in the
 * cluster still get all: the packet filter marks their packets, and the mark has a virtual service of
 * its own, which all external frontends of the port share. When the policy is no longer Local the mark goes
 * at once, and its virtual service with the last connection: without it they would break.
 */
import { familyOf } from "../model/address.ts";
import type { Service } from "../model/cluster.ts";
import {
  type ServiceId,
  type ServiceKey,
  type SocketKey,
  serviceId,
} from "../model/virtual-service.ts";
import { type ChosenEndpoints, PortEndpoints } from "./endpoints.ts";
import {
  clusterElements,
  externalElements,
  hairpinElements,
  markElements,
  NO_ELEMENTS,
  type Verdict,
} from "./filter-elements.ts";
import { markText } from "./firewall-marks.ts";
import type { PlanDraft } from "./plan-draft.ts";
import {
  noEndpoints,
  noneForTheCluster,
  noneForTheOutside,
  refusedEndpoint,
  repeatedPort,
} from "./port-findings.ts";
import {
  markSettings,
  type PortContext,
  type PortSettings,
  portSettings,
} from "./port-settings.ts";
import type { FrontendKind, PlannedService } from "./service-plan.ts";

/** Endpoints of one port with special addresses that are named in findings; the rest goes unnamed. */
export const REFUSED_NAMED_MAX = 10;

const NO_FRONTENDS: readonly SocketKey[] = [];
const NO_DESTINATIONS: ChosenEndpoints["destinations"] = new Map();

/** Puts all virtual services of the port into `draft`. */
export function planPort(draft: PlanDraft, context: PortContext): void {
  new PortPlan(draft, context).make();
}

/** A frontend that is not the cluster address. */
interface External {
  readonly key: SocketKey;
  readonly kind: Exclude<FrontendKind, "cluster" | "local-clients">;
}

class PortPlan {
  readonly #draft: PlanDraft;
  readonly #context: PortContext;
  readonly #endpoints: PortEndpoints;
  /** What all virtual services of the port have in common. */
  readonly #common: PortSettings & { readonly owner: string; readonly portName: string };

  constructor(draft: PlanDraft, context: PortContext) {
    const { input, port, family } = context;
    this.#draft = draft;
    this.#context = context;
    this.#endpoints = new PortEndpoints(port, family, { slices: context.slices, node: input.node });
    this.#common = {
      ...portSettings(draft, context),
      owner: input.service.name,
      portName: port.name,
    };
  }

  make(): void {
    const { input, frontends, family, port } = this.#context;
    const { service } = input;
    for (const endpoint of this.#endpoints.refused.slice(0, REFUSED_NAMED_MAX)) {
      this.#draft.note(refusedEndpoint(service, endpoint));
    }
    const hairpins = hairpinElements(this.#endpoints.addressesHere);
    const externals: External[] = [];
    for (const { address, kind } of frontends.served) {
      if (familyOf(address) !== family) continue;
      const key = { protocol: port.protocol, address, port: port.port };
      if (kind === "cluster") this.#addCluster(key, hairpins);
      else externals.push({ key, kind });
    }
    if (port.nodePort !== 0) externals.push(...this.#nodePorts());
    if (externals.length > 0) this.#addExternals(externals, hairpins);
  }

  #nodePorts(): External[] {
    const { input, family, port } = this.#context;
    const { protocol, nodePort } = port;
    return input.node.nodePortAddresses
      .filter((address) => familyOf(address) === family)
      .map((address) => ({ key: { protocol, address, port: nodePort }, kind: "node-port" }));
  }

  #addCluster(key: SocketKey, hairpins: PlannedService["elements"]): void {
    const { input, port, family } = this.#context;
    const { service } = input;
    const id = this.#freeId(key);
    if (id === undefined) return;
    const isLocal = service.internalTrafficPolicy === "Local";
    const chosen = isLocal ? this.#endpoints.local : this.#endpoints.cluster;
    const verdict = this.#verdict(chosen);
    if (verdict === "goto refuse") this.#draft.note(noEndpoints(service, port, key.address));
    if (verdict === "drop") {
      this.#draft.note(noneForTheCluster(service, port));
      this.#draft.lacks("internal", family);
    }
    const elements = clusterElements(key, verdict, hairpins);
    this.#add({ id, key, kind: "cluster", chosen, elements, frontends: NO_FRONTENDS });
  }

  #addExternals(externals: readonly External[], hairpins: PlannedService["elements"]): void {
    const { input, sources, port, family } = this.#context;
    const { service } = input;
    const isLocal = isExternalLocal(service);
    const chosen = isLocal ? this.#endpoints.local : this.#endpoints.cluster;
    const verdict = this.#verdict(chosen);
    if (verdict === "drop") {
      this.#draft.note(noneForTheOutside(service, port));
      this.#draft.lacks("external", family);
    }
    const mark = isLocal ? this.#addLocalClients(externals.map(({ key }) => key)) : "";
    if (!isLocal) this.#addLeavingClients();
    for (const { key, kind } of externals) {
      const id = this.#freeId(key);
      if (id === undefined) continue;
      const elements = externalElements({
        key,
        kind,
        verdict,
        hairpins,
        keepsSource: isLocal,
        mark,
        sources: kind === "load-balancer" ? sources : undefined,
      });
      this.#add({ id, key, kind, chosen, elements, frontends: NO_FRONTENDS });
    }
  }

  /** The virtual service of clients in the cluster. Returns its mark; "" where it could serve nobody. */
  #addLocalClients(frontends: readonly SocketKey[]): string {
    const { input, family } = this.#context;
    const mark = input.markOf(this.#markName);
    const chosen = this.#endpoints.cluster;
    const key = { mark, family };
    const id = serviceId(key);
    const given = chosen.destinations.size > 0 ? markText(mark) : "";
    const elements = given === "" ? NO_ELEMENTS : markElements(family, given);
    this.#add({ id, key, kind: "local-clients", chosen, elements, frontends });
    return given;
  }

  /**
   * What is left of it where the policy was Local before. A client of UDP goes on with any endpoint. Nothing
   * new is scheduled here, so that it drains whatever the scheduler.
   */
  #addLeavingClients(): void {
    const { input, family, port, drainTimeoutMs } = this.#context;
    if (port.protocol === "udp" || drainTimeoutMs === 0) return;
    const mark = input.heldMarkOf(this.#markName, family);
    if (mark === undefined) return;
    const { destinations, lingering } = this.#endpoints.cluster;
    const chosen = {
      destinations: NO_DESTINATIONS,
      lingering: new Set([...lingering, ...destinations.keys()]),
    };
    const key = { mark, family };
    this.#add({
      ...{ id: serviceId(key), key, kind: "local-clients", chosen },
      ...{ elements: NO_ELEMENTS, frontends: NO_FRONTENDS, drainTimeoutMs },
    });
  }

  /** The firewall mark is that of the port, for both families. */
  get #markName(): string {
    const { input, port } = this.#context;
    return `${input.service.name} ${port.protocol}/${port.port}`;
  }

  #add(one: {
    readonly id: ServiceId;
    readonly key: ServiceKey;
    readonly kind: FrontendKind;
    readonly chosen: ChosenEndpoints;
    readonly elements: PlannedService["elements"];
    readonly frontends: readonly SocketKey[];
    readonly drainTimeoutMs?: number;
  }): void {
    const { id, key, kind, chosen, elements, frontends } = one;
    const { settings, owner, portName } = this.#common;
    const { drainTimeoutMs = this.#common.drainTimeoutMs } = one;
    this.#draft.add({
      id,
      service: { key, settings: "mark" in key ? markSettings(settings) : settings },
      owner,
      portName,
      kind,
      frontends,
      elements,
      destinations: chosen.destinations,
      lingering: chosen.lingering,
      drainTimeoutMs,
    });
  }

  /** Undefined where the Service has that virtual service already, by another port or field. */
  #freeId(key: SocketKey): ServiceId | undefined {
    const { input, port } = this.#context;
    const id = serviceId(key);
    const first = this.#draft.get(id)?.portName;
    if (first === undefined) return id;
    // One port by two fields (an external address of this node, and a node port) is no mistake.
    if (first !== port.name) {
      this.#draft.note(repeatedPort(input.service, port, { number: key.port, first }));
    }
    return undefined;
  }

  #verdict({ destinations }: ChosenEndpoints): Verdict {
    if (destinations.size > 0) return "";
    return this.#endpoints.isServed ? "drop" : "goto refuse";
  }
}

/** The policy is meant for Services with a way in from outside; elsewhere the API ignores it. */
function isExternalLocal(service: Service): boolean {
  const { type, externalTrafficPolicy, externalAddresses } = service;
  if (externalTrafficPolicy !== "Local") return false;
  return type === "LoadBalancer" || type === "NodePort" || externalAddresses.length > 0;
}
