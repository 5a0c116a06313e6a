/**
 * All plans together: who holds a virtual service or a health-check port that several Services want, which
 * addresses and packet filter objects are wanted, and which keys changed since the last look. Each call
 * costs as much as its one Service.
 */
import type { Address, Family } from "../model/address.ts";
import type { ObjectName } from "../model/cluster.ts";
import type { Finding } from "../model/finding.ts";
import type { FilterObject, FilterObjectId } from "../model/packet-filter.ts";
import type { ServiceId, ServiceKey } from "../model/virtual-service.ts";
import { boundedFindings } from "./bounded-findings.ts";
import { Claims } from "./claims.ts";
import { healthCheckConflict, virtualServiceConflict } from "./conflict-findings.ts";
import type { CurrentState, DesiredState, DirtyKeys } from "./diff.ts";
import { FilterWishes } from "./filter-wishes.ts";
import { serviceAddressElement, serviceAddressId, serviceAddressOf } from "./service-addresses.ts";
import type { HealthCheck, PlannedService, ServicePlan } from "./service-plan.ts";

const NO_FINDINGS: readonly Finding[] = [];

/** A health check with the Service that it is about. */
export interface ServiceHealthCheck extends HealthCheck {
  readonly owner: ObjectName;
}

/** How many Services have a policy Local, endpoints elsewhere, and none here, in each family. */
export interface NoLocalEndpointCounts {
  readonly internal: Readonly<Record<Family, number>>;
  readonly external: Readonly<Record<Family, number>>;
}

/** The plans of all Services. */
export class PlanIndex implements DesiredState {
  readonly #plans = new Map<ObjectName, ServicePlan>();
  readonly #filters = new FilterWishes();
  readonly #services: Claims<ServiceId, PlannedService>;
  readonly #healthChecks: Claims<number, ServiceHealthCheck>;
  readonly #addressUsers = new Map<Address, number>();
  readonly #noLocal = { internal: { ipv4: 0, ipv6: 0 }, external: { ipv4: 0, ipv6: 0 } };
  #outsidePlans: readonly FilterObject[] = [];
  #dirtyServices = new Map<ServiceId, ServiceKey>();
  #dirtyAddresses = new Set<Address>();
  #dirtyHealthChecks = new Set<number>();

  constructor() {
    const createdMs = (owner: ObjectName): number => this.#plans.get(owner)?.createdMs ?? 0;
    this.#services = new Claims({
      createdMs,
      onChange: (before, after) => {
        if (before) this.#filters.release(before.elements);
        if (after) this.#filters.use(after.elements);
      },
    });
    this.#healthChecks = new Claims({
      createdMs,
      onChange: (before, after) => {
        const port = before?.port ?? after?.port;
        if (port !== undefined) this.#dirtyHealthChecks.add(port);
      },
    });
  }

  entry(id: ServiceId): PlannedService | undefined {
    return this.#services.get(id);
  }

  wantsAddress(address: Address): boolean {
    return this.#addressUsers.has(address);
  }

  wantsFilter(id: FilterObjectId): FilterObject | undefined {
    const address = serviceAddressOf(id);
    if (address === undefined) return this.#filters.get(id);
    return this.wantsAddress(address) ? serviceAddressElement(address) : undefined;
  }

  plan(name: ObjectName): ServicePlan | undefined {
    return this.#plans.get(name);
  }

  /** True when some virtual service of the Service has endpoints. */
  serves(name: ObjectName): boolean {
    const { virtualServices = [] } = this.#plans.get(name) ?? {};
    return virtualServices.some(({ destinations }) => destinations.size > 0);
  }

  /**
   * True when something that changed since it was last taken is in `current` and wanted by nobody any more, or is
   * a virtual service that is left without endpoints.
   */
  givesUpAnyOf(current: Pick<CurrentState, "entry" | "hasAddress">): boolean {
    for (const id of this.#dirtyServices.keys()) {
      const held = current.entry(id);
      if (!held) continue;
      const wanted = this.entry(id);
      const losesEndpoints = wanted?.destinations.size === 0 && held.destinations.size > 0;
      if (!wanted || losesEndpoints) return true;
    }
    for (const address of this.#dirtyAddresses) {
      if (!this.wantsAddress(address) && current.hasAddress(address)) return true;
    }
    return false;
  }

  names(): IterableIterator<ObjectName> {
    return this.#plans.keys();
  }

  /** The Services whose lost conflicts changed with another one's plan since the last call. */
  takeReassigned(): ReadonlySet<ObjectName> {
    return new Set([...this.#services.takeReassigned(), ...this.#healthChecks.takeReassigned()]);
  }

  /** The findings of a Service's plan, and its lost conflicts; of too many the first ones. */
  findings(name: ObjectName): readonly Finding[] {
    const plan = this.#plans.get(name);
    if (!plan) return NO_FINDINGS;
    const lost = this.#conflicts(plan);
    return boundedFindings(lost.length > 0 ? [...plan.findings, ...lost] : plan.findings);
  }

  /** The health checks in force. */
  healthChecks(): IterableIterator<ServiceHealthCheck> {
    return this.#healthChecks.values();
  }

  /** The ports whose health check changed since the last call, with what holds now. */
  takeChangedHealthChecks(): ReadonlyMap<number, ServiceHealthCheck | undefined> {
    const ports = [...this.#dirtyHealthChecks];
    this.#dirtyHealthChecks.clear();
    return new Map(ports.map((port) => [port, this.#healthChecks.get(port)]));
  }

  /** For the metric of that name. */
  noLocalEndpoints(): NoLocalEndpointCounts {
    return { internal: { ...this.#noLocal.internal }, external: { ...this.#noLocal.external } };
  }

  /** Replaces the plan of one Service; undefined takes it away. Its keys, old and new, become dirty. */
  set(name: ObjectName, plan: ServicePlan | undefined): void {
    const before = this.#plans.get(name);
    if (plan) this.#plans.set(name, plan);
    else this.#plans.delete(name);
    if (before) this.#withdraw(before);
    if (plan) this.#enter(plan);
  }

  /** Replaces the packet filter objects that no single Service asks for, such as the addresses of node ports. */
  useOutsidePlans(objects: readonly FilterObject[]): void {
    this.#filters.use(objects);
    this.#filters.release(this.#outsidePlans);
    this.#outsidePlans = objects;
  }

  /** Marks keys for the next look, for reasons outside of the plans. */
  markDirty({ services, addresses, filters }: DirtyKeys): void {
    for (const [id, key] of services) this.#dirtyServices.set(id, key);
    for (const address of addresses) this.#dirtyAddresses.add(address);
    this.#filters.markDirty(filters);
  }

  /** Marks everything that any plan wants. */
  markAllDirty(): void {
    for (const [id, { service }] of this.#services.entries()) {
      this.#dirtyServices.set(id, service.key);
    }
    for (const address of this.#addressUsers.keys()) this.#dirtyAddresses.add(address);
    this.#filters.markDirty(this.#filters.ids());
    this.#filters.markDirty([...this.#addressUsers.keys()].map(serviceAddressId));
  }

  /** The keys that changed since the last call. */
  takeDirty(): DirtyKeys {
    const taken = {
      services: this.#dirtyServices,
      addresses: this.#dirtyAddresses,
      filters: this.#filters.takeDirty(),
    };
    this.#dirtyServices = new Map();
    this.#dirtyAddresses = new Set();
    return taken;
  }

  #withdraw({
    name,
    virtualServices,
    addresses,
    healthCheck,
    noLocalEndpoints,
  }: ServicePlan): void {
    for (const { id, service } of virtualServices) {
      this.#dirtyServices.set(id, service.key);
      this.#services.remove(id, name);
    }
    for (const address of addresses) this.#useAddress(address, -1);
    if (healthCheck) this.#healthChecks.remove(healthCheck.port, name);
    this.#countNoLocal(noLocalEndpoints, -1);
  }

  #enter(plan: ServicePlan): void {
    for (const planned of plan.virtualServices) {
      this.#dirtyServices.set(planned.id, planned.service.key);
      this.#services.add(planned.id, planned);
    }
    for (const address of plan.addresses) this.#useAddress(address, 1);
    const { healthCheck, name } = plan;
    if (healthCheck) this.#healthChecks.add(healthCheck.port, { ...healthCheck, owner: name });
    this.#countNoLocal(plan.noLocalEndpoints, 1);
  }

  #countNoLocal({ internal, external }: ServicePlan["noLocalEndpoints"], change: 1 | -1): void {
    for (const family of internal) this.#noLocal.internal[family] += change;
    for (const family of external) this.#noLocal.external[family] += change;
  }

  #useAddress(address: Address, change: 1 | -1): void {
    this.#dirtyAddresses.add(address);
    this.#filters.markDirty([serviceAddressId(address)]);
    const users = (this.#addressUsers.get(address) ?? 0) + change;
    if (users === 0) this.#addressUsers.delete(address);
    else this.#addressUsers.set(address, users);
  }

  #conflicts({ name, virtualServices, healthCheck }: ServicePlan): readonly Finding[] {
    if (!this.#services.hasLosers && !this.#healthChecks.hasLosers) return NO_FINDINGS;
    const lost = virtualServices.flatMap((planned) => {
      const holder = this.#services.get(planned.id)?.owner;
      const isLost = holder !== undefined && holder !== name;
      return isLost ? [virtualServiceConflict(planned, holder)] : [];
    });
    const checker = healthCheck && this.#healthChecks.get(healthCheck.port)?.owner;
    if (!healthCheck || checker === undefined || checker === name) return lost;
    return [...lost, healthCheckConflict(name, healthCheck.port, checker)];
  }
}
