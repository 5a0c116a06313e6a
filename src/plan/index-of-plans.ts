/**
 * All plans together: who holds a virtual service that several Services want, which addresses are
 * wanted, and which keys changed since the last look. Each call costs as much as its one Service.
 */
import type { Address } from "../model/address.ts";
import type { ObjectName } from "../model/cluster.ts";
import type { Finding } from "../model/finding.ts";
import type { ServiceId, ServiceKey } from "../model/virtual-service.ts";
import type { DesiredState, DirtyKeys } from "./diff.ts";
import type { PlannedService, ServicePlan } from "./service-plan.ts";

const NO_FINDINGS: readonly Finding[] = [];

/** A Service's wish for a virtual service, with what decides between wishes. */
interface Claim {
  readonly createdMs: number;
  readonly planned: PlannedService;
}

/** The plans of all Services. */
export class PlanIndex implements DesiredState {
  readonly #plans = new Map<ObjectName, ServicePlan>();
  /** Held by the one Service that wants it. */
  readonly #held = new Map<ServiceId, PlannedService>();
  /** Only where several want the same: all of them, the one that holds it first. */
  readonly #contested = new Map<ServiceId, readonly Claim[]>();
  readonly #addressUsers = new Map<Address, number>();
  #dirtyServices = new Map<ServiceId, ServiceKey>();
  #dirtyAddresses = new Set<Address>();

  entry(id: ServiceId): PlannedService | undefined {
    return this.#held.get(id);
  }

  wantsAddress(address: Address): boolean {
    return this.#addressUsers.has(address);
  }

  plan(name: ObjectName): ServicePlan | undefined {
    return this.#plans.get(name);
  }

  names(): IterableIterator<ObjectName> {
    return this.#plans.keys();
  }

  /** The Services that want what another one holds. */
  losers(): Set<ObjectName> {
    const lost = [...this.#contested.values()].flatMap((claims) => claims.slice(1));
    return new Set(lost.map(({ planned }) => planned.owner));
  }

  /** The findings of a Service's plan, and its lost conflicts. */
  findings(name: ObjectName): readonly Finding[] {
    const plan = this.#plans.get(name);
    if (!plan) return NO_FINDINGS;
    if (this.#contested.size === 0) return plan.findings;
    const lost = plan.virtualServices.flatMap(({ id }) => {
      const holder = this.#held.get(id)?.owner;
      return holder === undefined || holder === name ? [] : [conflict(name, id, holder)];
    });
    return lost.length > 0 ? [...plan.findings, ...lost] : plan.findings;
  }

  /** Replaces the plan of one Service; undefined takes it away. Its keys, old and new, become dirty. */
  set(name: ObjectName, plan: ServicePlan | undefined): void {
    const before = this.#plans.get(name);
    if (plan) this.#plans.set(name, plan);
    else this.#plans.delete(name);
    for (const planned of before?.virtualServices ?? []) this.#release(planned);
    for (const address of before?.addresses ?? []) this.#useAddress(address, -1);
    for (const planned of plan?.virtualServices ?? []) this.#claim(plan?.createdMs ?? 0, planned);
    for (const address of plan?.addresses ?? []) this.#useAddress(address, 1);
  }

  /** Marks keys for the next look, for reasons outside of the plans. */
  markDirty({ services, addresses }: DirtyKeys): void {
    for (const [id, key] of services) this.#dirtyServices.set(id, key);
    for (const address of addresses) this.#dirtyAddresses.add(address);
  }

  /** Marks everything that any plan wants. */
  markAllDirty(): void {
    for (const [id, { service }] of this.#held) this.#dirtyServices.set(id, service.key);
    for (const address of this.#addressUsers.keys()) this.#dirtyAddresses.add(address);
  }

  /** The keys that changed since the last call. */
  takeDirty(): DirtyKeys {
    const taken = { services: this.#dirtyServices, addresses: this.#dirtyAddresses };
    this.#dirtyServices = new Map();
    this.#dirtyAddresses = new Set();
    return taken;
  }

  #claim(createdMs: number, planned: PlannedService): void {
    const { id, service } = planned;
    this.#dirtyServices.set(id, service.key);
    const holder = this.#held.get(id);
    if (!holder) {
      this.#held.set(id, planned);
      return;
    }
    const others = this.#contested.get(id) ?? [this.#claimOf(holder)];
    this.#settle(id, [...others, { createdMs, planned }]);
  }

  #release({ id, owner, service }: PlannedService): void {
    this.#dirtyServices.set(id, service.key);
    const others = this.#contested.get(id)?.filter(({ planned }) => planned.owner !== owner) ?? [];
    this.#settle(id, others);
  }

  /** Decides who of `claims` holds the virtual service. */
  #settle(id: ServiceId, claims: readonly Claim[]): void {
    const sorted = [...claims].sort(older);
    const [first] = sorted;
    if (first) this.#held.set(id, first.planned);
    else this.#held.delete(id);
    if (sorted.length > 1) this.#contested.set(id, sorted);
    else this.#contested.delete(id);
  }

  #claimOf(planned: PlannedService): Claim {
    return { createdMs: this.#plans.get(planned.owner)?.createdMs ?? 0, planned };
  }

  #useAddress(address: Address, change: 1 | -1): void {
    this.#dirtyAddresses.add(address);
    const users = (this.#addressUsers.get(address) ?? 0) + change;
    if (users === 0) this.#addressUsers.delete(address);
    else this.#addressUsers.set(address, users);
  }
}

/** The older Service first; one of unknown age after all others; then the smaller name. */
function older(a: Claim, b: Claim): number {
  const ageA = a.createdMs || Number.POSITIVE_INFINITY;
  const ageB = b.createdMs || Number.POSITIVE_INFINITY;
  if (ageA !== ageB) return ageA - ageB;
  return a.planned.owner < b.planned.owner ? -1 : 1;
}

function conflict(name: ObjectName, id: ServiceId, holder: ObjectName): Finding {
  return {
    severity: "warning",
    reason: "conflict",
    service: name,
    field: "spec.clusterIPs",
    message:
      `${id} is held by the Service ${holder}, which is older or comes first by name. ` +
      "This Service takes it over when that one lets go.",
  };
}
