/**
 * Tells load balancers of the endpoints of this node in step with the kernel: fewer before it is written, more
 * only after. A load balancer that hears of an endpoint sends clients at once.
 */
import type { ObjectName } from "../model/cluster.ts";
import { filterObjectId } from "../model/packet-filter.ts";
import type { HealthCheckPorts, HealthCheckWish } from "../observe/health-check-ports.ts";
import type { PlanIndex } from "../plan/index-of-plans.ts";
import type { Failures } from "./failures.ts";

/** The ports on which load balancers ask for the health of a Service. */
export type HealthChecks = Pick<HealthCheckPorts, "set">;

/** What the teller reads and tells. */
export interface HealthCheckTellerOptions {
  readonly index: PlanIndex;
  readonly failures: Failures;
  readonly healthChecks: HealthChecks;
}

/** Remembers what was told, and what is still to tell. */
export class HealthCheckTeller {
  readonly #options: HealthCheckTellerOptions;
  /** Of Services that have a health check. */
  readonly #told = new Map<ObjectName, HealthCheckWish>();
  readonly #waiting = new Set<ObjectName>();

  constructor(options: HealthCheckTellerOptions) {
    this.#options = options;
  }

  /** Before the kernel is written: what these Services no longer have. */
  tellLess(planned: readonly ObjectName[]): void {
    for (const name of planned) {
      this.#waiting.add(name);
      const told = this.#told.get(name);
      if (!told) continue;
      const wish = this.#wish(name);
      if (!wish) this.#tell(name, undefined);
      else if (wish.localEndpoints < told.localEndpoints) {
        this.#tell(name, { ...told, localEndpoints: wish.localEndpoints });
      }
    }
  }

  /** After it was written: all else, but for Services of which something was refused. They wait. */
  tellAll(): void {
    const { failures } = this.#options;
    const isWhole = failures.all().length === 0;
    for (const name of this.#waiting) {
      if (!isWhole && this.#isRefused(name)) continue;
      this.#waiting.delete(name);
      this.#tell(name, this.#wish(name));
    }
  }

  #tell(name: ObjectName, wish: HealthCheckWish | undefined): void {
    if (wish) this.#told.set(name, wish);
    else this.#told.delete(name);
    this.#options.healthChecks.set(name, wish);
  }

  #wish(name: ObjectName): HealthCheckWish | undefined {
    const plan = this.#options.index.plan(name);
    return plan?.healthCheck && { ...plan.healthCheck, createdMs: plan.createdMs };
  }

  #isRefused(name: ObjectName): boolean {
    const { failures, index } = this.#options;
    const { virtualServices = [], addresses = [] } = index.plan(name) ?? {};
    return (
      addresses.some((address) => failures.has(address)) ||
      virtualServices.some(
        ({ id, elements }) =>
          failures.has(id) || elements.some((object) => failures.has(filterObjectId(object))),
      )
    );
  }
}
