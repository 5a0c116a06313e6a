/**
 * Destinations that take no new connections and keep the ones they have: looks at their counters from
 * time to time and says which can go. Its memory is only a clock: what drains is read off the mirror
 * (weight 0 and not wanted), so a restart loses nothing but the time already waited.
 */
import type { Clock } from "../base/clock.ts";
import type { Ipvs } from "../ipvs/ipvs.ts";
import type { ObservedDestination } from "../model/counters.ts";
import type { IpvsOperation } from "../model/operation.ts";
import {
  type DestinationId,
  destinationId,
  type ServiceId,
  type ServiceKey,
  type TableEntry,
} from "../model/virtual-service.ts";
import type { CurrentState, DesiredState } from "../plan/diff.ts";
import { drainStep } from "../plan/drain.ts";
import { isLeaving, type PlannedService } from "../plan/service-plan.ts";
import { unlikeParts } from "../plan/unlike-parts.ts";

/** Time between two looks at the counters of what drains. */
export const DRAIN_CHECK_MS = 1_000;

/** One draining destination, for `status`. */
export interface Draining {
  readonly service: ServiceId;
  readonly destination: DestinationId;
  /** When it left Kubernetes' lists, monotonic; undefined while its pod is still listed. */
  readonly goneSinceMs: number | undefined;
  readonly drainTimeoutMs: number;
}

interface Watched {
  readonly id: ServiceId;
  readonly key: ServiceKey;
  readonly draining: ReadonlyMap<DestinationId, number | undefined>;
}

/** Watches draining destinations. */
export class Drainer {
  readonly #ipvs: Ipvs;
  readonly #clock: Clock;
  readonly #current: CurrentState;
  readonly #desired: DesiredState;
  /** By virtual service, what drains there and since when it is gone. */
  readonly #draining = new Map<ServiceId, Map<DestinationId, number | undefined>>();
  #checkedMs = 0;

  constructor(from: { ipvs: Ipvs; clock: Clock; current: CurrentState; desired: DesiredState }) {
    this.#ipvs = from.ipvs;
    this.#clock = from.clock;
    this.#current = from.current;
    this.#desired = from.desired;
  }

  /** Looks at one virtual service anew, after anything about it changed. */
  notice(id: ServiceId): void {
    const entry = this.#current.entry(id);
    const planned = this.#desired.entry(id);
    if (!entry || !planned) {
      this.#draining.delete(id);
      return;
    }
    // What was just written whole has nothing to drain: this is most of a first pass.
    const now = entry.destinations === planned.destinations ? [] : this.#unwanted(entry, planned);
    if (now.length === 0) {
      this.#draining.delete(id);
      return;
    }
    // The first look is not at once: the change itself stays one message.
    if (this.#draining.size === 0) this.#checkedMs = this.#clock.nowMs();
    this.#draining.set(id, new Map(now));
  }

  /** When to look again, or undefined when nothing drains. */
  nextMs(): number | undefined {
    return this.#draining.size > 0 ? this.#checkedMs + DRAIN_CHECK_MS : undefined;
  }

  /** Reads the counters when it is time, and returns the removals of what is done. */
  async check(): Promise<readonly IpvsOperation[]> {
    const nextMs = this.nextMs();
    if (nextMs === undefined || this.#clock.nowMs() < nextMs) return [];
    this.#checkedMs = this.#clock.nowMs();
    const watched = [...this.#draining].flatMap(([id, draining]) => {
      const entry = this.#current.entry(id);
      return entry ? [{ id, key: entry.service.key, draining }] : [];
    });
    const observed = await this.#ipvs.destinations(watched.map(({ key }) => key));
    return watched.flatMap((one, index) => this.#done(one, observed[index] ?? []));
  }

  /** Everything that drains. */
  all(): Draining[] {
    return [...this.#draining].flatMap(([service, draining]) =>
      [...draining].map(([destination, goneSinceMs]) => ({
        service,
        destination,
        goneSinceMs,
        drainTimeoutMs: this.#desired.entry(service)?.drainTimeoutMs ?? 0,
      })),
    );
  }

  /** The destinations that drain, with the time since when they are gone from the lists. */
  #unwanted(
    { destinations }: TableEntry,
    { id, destinations: wanted, lingering }: PlannedService,
  ): [DestinationId, number | undefined][] {
    const before = this.#draining.get(id);
    const [held, others] = unlikeParts(destinations, wanted);
    const found: [DestinationId, number | undefined][] = [];
    for (const [destination, { weight }] of held) {
      if (weight !== 0 || others.has(destination)) continue;
      const goneSinceMs = before?.get(destination) ?? this.#clock.nowMs();
      found.push([destination, lingering.has(destination) ? undefined : goneSinceMs]);
    }
    return found;
  }

  #done({ id, key, draining }: Watched, observed: readonly ObservedDestination[]): IpvsOperation[] {
    const planned = this.#desired.entry(id);
    const drainTimeoutMs = planned?.drainTimeoutMs ?? 0;
    const done = observed.filter((destination) => {
      const name = destinationId(destination);
      if (!draining.has(name)) return false;
      const goneSinceMs = draining.get(name);
      const step = drainStep({
        activeConnections: destination.activeConnections,
        inactiveConnections: destination.inactiveConnections,
        lingering: goneSinceMs === undefined,
        sinceMs: goneSinceMs ?? this.#clock.nowMs(),
        nowMs: this.#clock.nowMs(),
        drainTimeoutMs,
      });
      return step === "delete";
    });
    if (planned && isLeaving(planned) && done.length === observed.length) {
      return [{ kind: "delete-service", key }];
    }
    return done.map(({ address, port }) => ({
      kind: "delete-destination",
      key,
      destination: { address, port },
    }));
  }
}
