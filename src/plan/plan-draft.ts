/** A plan while it is made: the only thing here that changes. */
import type { Address, Family } from "../model/address.ts";
import type { Service } from "../model/cluster.ts";
import type { Finding } from "../model/finding.ts";
import type { ServiceId } from "../model/virtual-service.ts";
import type { HealthCheck, NoLocalEndpoints, PlannedService, ServicePlan } from "./service-plan.ts";

const NOTHING_LACKS: NoLocalEndpoints = { internal: [], external: [] };
const NO_FINDINGS: readonly Finding[] = [];

/** From so many virtual services on one is looked up, not searched. */
const INDEXED_FROM = 16;

/** The plan of one Service. */
export class PlanDraft {
  addresses: readonly Address[] = [];
  healthCheck: HealthCheck | undefined;
  readonly #service: Service;
  readonly #virtualServices: PlannedService[] = [];
  /** Where each stands, once there are so many that a search costs more. */
  #places: Map<ServiceId, number> | undefined;
  /** By what they say: several frontends may find the same. Most Services have none. */
  #findings: Map<string, Finding> | undefined;
  #noLocalEndpoints = NOTHING_LACKS;

  constructor(service: Service) {
    this.#service = service;
  }

  get(id: ServiceId): PlannedService | undefined {
    return this.#virtualServices[this.#placeOf(id)];
  }

  /** Adds one, or takes the place of that with the same id. */
  add(planned: PlannedService): void {
    const known = this.#placeOf(planned.id);
    if (known !== -1) {
      this.#virtualServices[known] = planned;
      return;
    }
    const count = this.#virtualServices.push(planned);
    if (this.#places) this.#places.set(planned.id, count - 1);
    else if (count === INDEXED_FROM) {
      this.#places = new Map(this.#virtualServices.map(({ id }, place) => [id, place]));
    }
  }

  note(finding: Finding): void {
    this.#findings ??= new Map();
    this.#findings.set(`${finding.field} ${finding.message}`, finding);
  }

  /** Some traffic of `family` under a policy Local finds nobody on this node. */
  lacks(traffic: keyof NoLocalEndpoints, family: Family): void {
    const families = this.#noLocalEndpoints[traffic];
    if (families.includes(family)) return;
    this.#noLocalEndpoints = { ...this.#noLocalEndpoints, [traffic]: [...families, family] };
  }

  /** -1 where there is none. */
  #placeOf(id: ServiceId): number {
    if (this.#places) return this.#places.get(id) ?? -1;
    return this.#virtualServices.findIndex((planned) => planned.id === id);
  }

  plan(): ServicePlan {
    const { name, createdMs } = this.#service;
    return {
      name,
      createdMs,
      virtualServices: this.#virtualServices,
      addresses: this.addresses,
      healthCheck: this.healthCheck,
      noLocalEndpoints: this.#noLocalEndpoints,
      findings: this.#findings ? [...this.#findings.values()] : NO_FINDINGS,
    };
  }
}
