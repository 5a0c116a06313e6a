/**
 * The rolling audit: compares the kernel with the mirror, a part at a time, and puts what it really
 * holds into the mirror. It repairs nothing itself: the keys it returns are dirty, and the pass's diff
 * does the rest. Paced by its own cost, so that a large table is read slowly and a small one often.
 */
import type { Clock } from "../base/clock.ts";
import type { Address } from "../model/address.ts";
import {
  destinationId,
  type ServiceId,
  type ServiceKey,
  sameDestination,
  sameSettings,
  serviceId,
  type TableEntry,
} from "../model/virtual-service.ts";
import type { DesiredState } from "../plan/diff.ts";
import { isOurs, reread } from "./adopt.ts";
import type { Kernel } from "./kernel.ts";
import type { Mirror } from "./mirror.ts";

/** Shortest time between two steps, however many steps a round has. */
export const AUDIT_STEP_MS_MIN = 1_000;

/** Longest time between two steps. */
export const AUDIT_STEP_MS_MAX = 300_000;

/** A step that took 1 ms is followed by a pause of at least this many ms: 0.25 % of the processor. */
export const AUDIT_PAUSE_PER_MS = 400;

/** Virtual services whose destinations one step reads. */
export const AUDIT_SERVICES_PER_STEP = 200;

/** One difference between what was written and what is there. */
export interface Drift {
  /** A service id or an address. */
  readonly subject: string;
  readonly what: string;
}

/** What a step found: the mirror is right again, and the keys are to be looked at by the diff. */
export interface AuditResult {
  readonly drift: readonly Drift[];
  readonly services: ReadonlyMap<ServiceId, ServiceKey>;
  readonly addresses: ReadonlySet<Address>;
}

/** What an audit needs. */
export interface AuditOptions {
  readonly kernel: Kernel;
  readonly mirror: Mirror;
  readonly desired: DesiredState;
  readonly clock: Clock;
  readonly periodMs: number;
}

/** Compares the kernel with the mirror. */
export class Audit {
  readonly #kernel: Kernel;
  readonly #mirror: Mirror;
  readonly #desired: DesiredState;
  readonly #clock: Clock;
  /** Time in which a whole round should be done, where its cost allows. */
  readonly #periodMs: number;
  #nextMs: number;
  /** Ids whose destinations this round has still to read. */
  #round: ServiceId[] = [];

  constructor(from: AuditOptions) {
    this.#kernel = from.kernel;
    this.#mirror = from.mirror;
    this.#desired = from.desired;
    this.#clock = from.clock;
    this.#periodMs = from.periodMs;
    this.#nextMs = from.clock.nowMs() + this.#stepMs();
  }

  /** When the next step is due. */
  nextMs(): number {
    return this.#nextMs;
  }

  /** Does one step when it is due; undefined otherwise. */
  async step(): Promise<AuditResult | undefined> {
    const startMs = this.#clock.nowMs();
    if (startMs < this.#nextMs) return undefined;
    try {
      const found = new Findings();
      await this.#compareAddresses(found);
      await this.#compareServices(found);
      await this.#compareDestinations(found);
      return found.result();
    } finally {
      const tookMs = this.#clock.nowMs() - startMs;
      const pauseMs = Math.max(this.#stepMs(), tookMs * AUDIT_PAUSE_PER_MS);
      this.#nextMs = this.#clock.nowMs() + Math.min(pauseMs, AUDIT_STEP_MS_MAX);
    }
  }

  #stepMs(): number {
    const steps = Math.max(1, Math.ceil(this.#mirror.serviceCount / AUDIT_SERVICES_PER_STEP));
    return Math.max(AUDIT_STEP_MS_MIN, this.#periodMs / steps);
  }

  async #compareAddresses(found: Findings): Promise<void> {
    const held = await this.#kernel.link.addresses();
    if (held === undefined) {
      await this.#kernel.link.ensure();
      found.note("kube-ipvs0", "the link was gone; made again");
    }
    const present = new Set(held ?? []);
    for (const address of this.#mirror.addresses()) {
      if (!present.has(address)) found.address(address, "address missing");
    }
    for (const address of present) {
      if (!this.#mirror.hasAddress(address)) found.address(address, "address not ours");
    }
    this.#mirror.loadAddresses(present);
  }

  async #compareServices(found: Findings): Promise<void> {
    const doubtful: ServiceKey[] = [];
    const missing = new Set(this.#mirror.ids());
    for (const { key, settings } of await this.#kernel.ipvs.services()) {
      const id = serviceId(key);
      missing.delete(id);
      const entry = this.#mirror.entry(id);
      if (!entry && !isOurs(key, this.#desired, this.#mirror)) continue;
      if (!entry) {
        found.service(id, key, "virtual service not ours");
        doubtful.push(key);
      } else if (!sameSettings(entry.service.settings, settings)) {
        found.service(id, key, `settings changed (scheduler ${settings.scheduler})`);
        this.#mirror.loadSettings({ key, settings });
      }
    }
    for (const id of missing) {
      const entry = this.#mirror.entry(id);
      if (entry) found.service(id, entry.service.key, "virtual service missing");
      this.#mirror.forget(id);
    }
    await reread(this.#kernel, this.#mirror, doubtful);
  }

  async #compareDestinations(found: Findings): Promise<void> {
    if (this.#round.length === 0) this.#round = [...this.#mirror.ids()];
    const entries = this.#round
      .splice(0, AUDIT_SERVICES_PER_STEP)
      .map((id) => this.#mirror.entry(id))
      .filter((entry): entry is TableEntry => entry !== undefined);
    const observed = await this.#kernel.ipvs.destinations(
      entries.map((entry) => entry.service.key),
    );
    const doubtful: ServiceKey[] = [];
    for (const [index, entry] of entries.entries()) {
      const { key } = entry.service;
      const destinations = observed[index] ?? [];
      const same =
        destinations.length === entry.destinations.size &&
        destinations.every((destination) => {
          const known = entry.destinations.get(destinationId(destination));
          return known !== undefined && sameDestination(known, destination);
        });
      if (same) continue;
      found.service(serviceId(key), key, "destinations changed");
      doubtful.push(key);
    }
    await reread(this.#kernel, this.#mirror, doubtful);
  }
}

/** Collects what a step found. */
class Findings {
  readonly #drift: Drift[] = [];
  readonly #services = new Map<ServiceId, ServiceKey>();
  readonly #addresses = new Set<Address>();

  note(subject: string, what: string): void {
    this.#drift.push({ subject, what });
  }

  address(address: Address, what: string): void {
    this.note(address, what);
    this.#addresses.add(address);
  }

  service(id: ServiceId, key: ServiceKey, what: string): void {
    this.note(id, what);
    this.#services.set(id, key);
  }

  result(): AuditResult {
    return { drift: this.#drift, services: this.#services, addresses: this.#addresses };
  }
}
