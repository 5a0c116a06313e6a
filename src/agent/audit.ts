/**
 * The rolling audit: compares the kernel with the mirror, a part at a time, and puts what it really
 * holds into the mirror. It repairs nothing itself: the keys it returns are dirty, and the pass's diff
 * does the rest. Paced by its own cost, so that a large table is read slowly and a small one often.
 *
 * A round reads the destinations of some virtual services at a time, then the addresses, then the virtual services;
 * where there are few of them all of it is one step.
 */
import type { Clock } from "../base/clock.ts";
import type { Address } from "../model/address.ts";
import type { FilterObjectId } from "../model/packet-filter.ts";
import {
  type ServiceId,
  type ServiceKey,
  sameSettings,
  serviceId,
  type TableEntry,
} from "../model/virtual-service.ts";
import type { DriftKind } from "../observe/agent-metrics.ts";
import { reread } from "./adopt.ts";
import { AuditPace } from "./audit-pace.ts";
import type { Drift, Found } from "./drift.ts";
import { holdsAll } from "./holds-all.ts";
import type { Kernel } from "./kernel.ts";
import { rereadFilters } from "./look-again.ts";
import type { Mirror } from "./mirror.ts";
import type { Ownership } from "./ownership.ts";

/** Shortest time between two steps, however many steps a round has. */
export const AUDIT_STEP_MS_MIN = 1_000;

/**
 * Virtual services whose destinations one step reads: few enough that a change which waits for the step does
 * not wait long, and that what the step leaves behind dies young.
 */
export const AUDIT_SERVICES_PER_STEP = 50;

/** Those of addresses and of virtual services, in a round of a large table. */
const STEPS_OF_WHOLE_TABLE = 2;

/**
 * Time between two readings of the packet filter that nothing gave a reason for: changes of others are
 * told by the kernel at once, and reading all of it is dear.
 */
export const AUDIT_FILTERS_MS = 600_000;

/** What a step found: the mirror is right again, and the keys are to be looked at by the diff. */
export interface AuditResult extends Found {
  /** Once in each round, with the addresses: what is read beside the kernel's tables is worth another look, too. */
  readonly isNodeDue: boolean;
}

/** What an audit needs. */
export interface AuditOptions {
  readonly kernel: Kernel;
  readonly mirror: Mirror;
  readonly ownership: Ownership;
  readonly clock: Clock;
  readonly periodMs: number;
}

/** Compares the kernel with the mirror. */
export class Audit {
  readonly pace: AuditPace;
  readonly #kernel: Kernel;
  readonly #mirror: Mirror;
  readonly #ownership: Ownership;
  readonly #clock: Clock;
  /** Time in which a whole round should be done, where its cost allows. */
  readonly #periodMs: number;
  #filtersDueMs: number;
  #doubtsFilters = false;
  /**
   * What the next step of a large table reads. The first sync has just read all of it, so the two steps that take
   * longest come last in the first round, too: with 10,000 virtual services after 200 others.
   */
  #next: "addresses" | "services" | "destinations" = "destinations";
  /** Ids whose destinations this round has still to read. */
  #round: ServiceId[] = [];

  constructor(from: AuditOptions) {
    this.#kernel = from.kernel;
    this.#mirror = from.mirror;
    this.#ownership = from.ownership;
    this.#clock = from.clock;
    this.#periodMs = from.periodMs;
    this.pace = new AuditPace(from.clock, () => this.#stepMs());
    this.#filtersDueMs = from.clock.nowMs() + AUDIT_FILTERS_MS;
  }

  /** Does one step when it is due; undefined otherwise. */
  async step(): Promise<AuditResult | undefined> {
    const startMs = this.#clock.nowMs();
    if (startMs < this.pace.nextMs) return undefined;
    this.pace.begin();
    try {
      const found = new Findings();
      if (startMs >= this.#filtersDueMs) await this.#compareFilters(found);
      const isWhole = this.#mirror.serviceCount <= AUDIT_SERVICES_PER_STEP;
      const part = isWhole ? "whole" : this.#next;
      if (part === "whole" || part === "addresses") await this.#compareAddresses(found);
      if (part === "whole" || part === "services") await this.#compareServices(found);
      if (part === "whole" || part === "destinations") await this.#compareDestinations(found);
      if (!isWhole) this.#turn();
      return { ...found.result(), isNodeDue: part === "whole" || part === "addresses" };
    } finally {
      this.pace.end(startMs);
    }
  }

  /** Somebody else changed the packet filter since it was last read. */
  doubtFilters(): void {
    this.#doubtsFilters = true;
  }

  /** It is about to be read: what was told before that is no reason to read it again. */
  trustFilters(): void {
    this.#doubtsFilters = false;
  }

  /** Reads the packet filter, and nothing else, where it is doubted. To be called before a step, which then need not. */
  async doubted(): Promise<Found | undefined> {
    if (!this.#doubtsFilters) return undefined;
    this.trustFilters();
    const found = new Findings();
    await this.#compareFilters(found);
    return found.result();
  }

  #stepMs(): number {
    const parts = Math.ceil(this.#mirror.serviceCount / AUDIT_SERVICES_PER_STEP);
    const steps = parts > 1 ? parts + STEPS_OF_WHOLE_TABLE : 1;
    return Math.max(AUDIT_STEP_MS_MIN, this.#periodMs / steps);
  }

  #turn(): void {
    if (this.#next === "addresses") this.#next = "services";
    else if (this.#next === "services") this.#next = "destinations";
    else if (this.#round.length === 0) this.#next = "addresses";
  }

  async #compareFilters(found: Findings): Promise<void> {
    this.#filtersDueMs = this.#clock.nowMs() + AUDIT_FILTERS_MS;
    for (const id of await rereadFilters(this.#kernel, this.#mirror)) found.filter(id);
    if (this.#mirror.hasFilterTables) return;
    found.note("packet-filter", "kube-ipvs", "tables or rules changed by somebody else");
  }

  async #compareAddresses(found: Findings): Promise<void> {
    const held = await this.#kernel.link.addresses();
    if (held === undefined) {
      await this.#kernel.link.ensure();
      found.note("interface", "kube-ipvs0", "the link was gone; made again");
    }
    const present = new Set(held ?? []);
    const missing = [...this.#mirror.addresses()].filter((address) => !present.has(address));
    const extra = [...present].filter((address) => !this.#mirror.hasAddress(address));
    for (const address of missing) found.address(address, "address missing");
    for (const address of extra) found.address(address, "address not ours");
    // What the mirror has is old by now, and new texts in its place would be memory that nobody needs.
    if (missing.length + extra.length > 0) this.#mirror.loadAddresses(present);
  }

  async #compareServices(found: Findings): Promise<void> {
    const doubtful: ServiceKey[] = [];
    const missing = new Set(this.#mirror.ids());
    await this.#kernel.ipvs.eachService(({ key, settings }) => {
      const id = serviceId(key);
      missing.delete(id);
      const entry = this.#mirror.entry(id);
      if (!entry && !this.#ownership.has(key)) return;
      if (!entry) {
        found.service(id, key, "virtual service not ours");
        doubtful.push(key);
      } else if (!sameSettings(entry.service.settings, settings)) {
        found.service(id, key, `settings changed (scheduler ${settings.scheduler})`);
        this.#mirror.loadSettings({ key, settings });
      }
    });
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
      if (holdsAll(entry.destinations, observed[index] ?? [])) continue;
      found.destinations(serviceId(key), key);
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
  readonly #filters = new Set<FilterObjectId>();

  note(kind: DriftKind, subject: string, what: string): void {
    this.#drift.push({ kind, subject, what });
  }

  filter(id: FilterObjectId): void {
    this.note("packet-filter", id, "changed by somebody else");
    this.#filters.add(id);
  }

  address(address: Address, what: string): void {
    this.note("address", address, what);
    this.#addresses.add(address);
  }

  service(id: ServiceId, key: ServiceKey, what: string): void {
    this.note("virtual-service", id, what);
    this.#services.set(id, key);
  }

  destinations(id: ServiceId, key: ServiceKey): void {
    this.note("destination", id, "destinations changed");
    this.#services.set(id, key);
  }

  result(): Found {
    const dirty = {
      services: this.#services,
      addresses: this.#addresses,
      filters: this.#filters,
    };
    return { drift: this.#drift, dirty };
  }
}
