/** A plan while it is made: the only thing here that changes. */
import type { Address, Family } from "../model/address.ts";
import type { Service } from "../model/cluster.ts";
import type { Finding } from "../model/finding.ts";
import type { ServiceId } from "../model/virtual-service.ts";
import type { HealthCheck, NoLocalEndpoints, PlannedService, ServicePlan } from "./service-plan.ts";

const NOTHING_LACKS: NoLocalEndpoints = { internal: [], external: [] };
const NO_FINDINGS: readonly Finding[] = [];

/** The plan of one Service. */
export class PlanDraft {
  addresses: readonly Address[] = [];
  healthCheck: HealthCheck | undefined;
  readonly #service: Service;
  readonly #virtualServices = new Map<ServiceId, PlannedService>();
  /** By what they say: several frontends may find the same. Most Services have none. */
  #findings: Map<string, Finding> | undefined;
  #noLocalEndpoints = NOTHING_LACKS;

  constructor(service: Service) {
    this.#service = service;
  }

  get(id: ServiceId): PlannedService | undefined {
    return this.#virtualServices.get(id);
  }

  /** Adds one, or takes the place of that with the same id. */
  add(planned: PlannedService): void {
    this.#virtualServices.set(planned.id, planned);
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

  plan(): ServicePlan {
    const { name, createdMs } = this.#service;
    return {
      name,
      createdMs,
      virtualServices: [...this.#virtualServices.values()],
      addresses: this.addresses,
      healthCheck: this.healthCheck,
      noLocalEndpoints: this.#noLocalEndpoints,
      findings: this.#findings ? [...this.#findings.values()] : NO_FINDINGS,
    };
  }
}
