/**
 * Keeps what clients are to be kept out of from being open to all: where the kernel refused source ranges
 * their frontend does not begin to serve, and they do not leave before it. Reads only.
 */
import type { Address } from "../model/address.ts";
import type { IpvsOperation } from "../model/operation.ts";
import { type FilterOperation, filterObjectId } from "../model/packet-filter.ts";
import { type ServiceId, serviceId } from "../model/virtual-service.ts";
import type { CurrentState, DesiredState } from "../plan/diff.ts";
import { guardedFrontend, isGuard } from "../plan/guards.ts";
import { keyOf, type Refusal } from "./refusal.ts";

/** What keeps clients out of frontends, in one write. */
export class Guards {
  readonly #current: CurrentState;
  readonly #desired: DesiredState;
  readonly #services = new Set<ServiceId>();
  readonly #addresses = new Set<Address>();
  readonly #lackingOn = new Set<Address>();

  constructor(current: CurrentState, desired: DesiredState) {
    this.#current = current;
    this.#desired = desired;
  }

  /** Learns which frontends are open to all, from all that was refused. */
  learn(refusals: Iterable<Pick<Refusal, "subject">>): void {
    for (const { subject } of refusals) {
      if (subject.kind !== "filter" || !isGuard(subject.id)) continue;
      const frontend = guardedFrontend(subject.id);
      const isMissing = this.#desired.wantsFilter(subject.id) && !this.#current.filter(subject.id);
      if (!frontend || !isMissing) continue;
      const id = serviceId(frontend);
      this.#services.add(id);
      this.#addresses.add(frontend.address);
      if (!this.#current.entry(id)) this.#lackingOn.add(frontend.address);
    }
  }

  /** True for what would begin to serve everybody; what serves already goes on. */
  holdBack(operation: IpvsOperation): boolean {
    if (this.#services.size === 0) return false;
    const id = serviceId(keyOf(operation));
    return this.#services.has(id) && !this.#current.entry(id);
  }

  /** True when something on the address is open to all, or not there for that reason. */
  isOpen(address: Address): boolean {
    return this.#addresses.has(address);
  }

  /** True when something on the address is not there because it would be open to all. */
  isLackingOn(address: Address): boolean {
    return this.#lackingOn.has(address);
  }

  /** Of what should leave: the source ranges of virtual services that should have left and did not, and all chains. */
  staying(openings: readonly FilterOperation[]): ReadonlySet<FilterOperation> {
    const stays = openings.filter(({ object }) => {
      const frontend = guardedFrontend(filterObjectId(object));
      const id = frontend && serviceId(frontend);
      return id !== undefined && this.#current.entry(id) && !this.#desired.entry(id);
    });
    const chains = openings.filter(({ object }) => object.kind === "source-chain");
    return new Set(stays.length > 0 ? [...stays, ...chains] : []);
  }
}
