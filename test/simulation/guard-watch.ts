/**
 * Nobody is let in who is to be kept out: a frontend with source ranges does not begin to serve before
 * them, and they do not leave before it, whatever is refused. Where others write, or the wish itself
 * changes, the rule rests until the agent has come to terms with it.
 */
import type { FilterObjectId } from "../../src/model/packet-filter.ts";
import { serviceId } from "../../src/model/virtual-service.ts";
import { guardedFrontend, isGuard } from "../../src/plan/guards.ts";
import type { FakeKernel } from "../fakes/fake-kernel.ts";
import type { Desire } from "./oracle.ts";

/** Elements of source ranges, by the virtual service that they guard. */
type Guarded = ReadonlyMap<string, readonly FilterObjectId[]>;

/** Compares what can be reached with what guards it, from one look to the next. */
export class GuardWatch {
  readonly #kernel: FakeKernel;
  readonly #resting = new Set<string>();
  /** Desired without guards since the rules last held: an agent that is late may still add them so. */
  readonly #wasOpen = new Set<string>();
  #wanted: Guarded = new Map();
  #held: Guarded = new Map();
  #desired: ReadonlySet<string> = new Set();
  #reachable: ReadonlySet<string> = new Set();

  constructor(kernel: FakeKernel) {
    this.#kernel = kernel;
  }

  expect({ filters, services }: Desire): void {
    const wanted = guardedBy(filters.keys());
    for (const id of services.keys()) {
      const guards = wanted.get(id)?.join();
      // What comes or goes with its guards changes nothing about them.
      const before = this.#desired.has(id) ? this.#wanted.get(id)?.join() : guards;
      if (before !== guards || this.#wasOpen.has(id)) this.#resting.add(id);
      if (guards === undefined) this.#wasOpen.add(id);
    }
    this.#wanted = wanted;
    this.#desired = new Set(services.keys());
  }

  /** Somebody else wrote. */
  rest(): void {
    for (const id of [...this.#wanted.keys(), ...this.#held.keys()]) this.#resting.add(id);
  }

  settle(): void {
    this.#resting.clear();
    this.#wasOpen.clear();
    for (const id of this.#desired) if (!this.#wanted.has(id)) this.#wasOpen.add(id);
  }

  /** Returns what went against the rule since the last look. */
  look(): string[] {
    const before = { held: this.#held, reachable: this.#reachable };
    this.#held = guardedBy(this.#kernel.filter.held?.keys() ?? []);
    this.#reachable = this.#reachableNow();
    return [...this.#reachable].flatMap((id) => {
      if (this.#resting.has(id)) return [];
      const held = this.#held.get(id) ?? [];
      const lost = !this.#desired.has(id) && held.length < (before.held.get(id)?.length ?? 0);
      const missing = (this.#wanted.get(id) ?? []).filter((guard) => !held.includes(guard));
      const begins = !before.reachable.has(id) && missing.length > 0;
      if (lost) return [`${id} lost its source ranges before it left`];
      return begins ? [`${id} began to serve without ${missing.join(", ")}`] : [];
    });
  }

  #reachableNow(): Set<string> {
    const bound = this.#kernel.serviceLink?.addresses ?? new Set();
    const found = new Set<string>();
    for (const { key } of this.#kernel.table.services()) {
      if (!("mark" in key) && bound.has(key.address)) found.add(serviceId(key));
    }
    return found;
  }
}

function guardedBy(ids: Iterable<FilterObjectId>): Guarded {
  const found = new Map<string, FilterObjectId[]>();
  for (const id of ids) {
    const frontend = isGuard(id) ? guardedFrontend(id) : undefined;
    if (!frontend) continue;
    const name = serviceId(frontend);
    found.set(name, [...(found.get(name) ?? []), id].sort());
  }
  return found;
}
