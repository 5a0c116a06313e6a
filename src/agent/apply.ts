/**
 * Sends the operations of a pass, stage by stage, and keeps the mirror true to what was acknowledged.
 *
 * One failure touches one virtual service: its later stages are left out (nothing is taken away where
 * an addition failed, no address is bound without a virtual service, nothing begins to serve without its
 * source ranges, no virtual service leaves before its address, and no source ranges before their virtual
 * service), the others go on. Never retries by itself.
 */
import type { Address } from "../model/address.ts";
import type { ForgetFlows } from "../model/flows.ts";
import {
  type AddressOperation,
  type IpvsOperation,
  type Operation,
  type OperationFailure,
  operationText,
} from "../model/operation.ts";
import { type FilterOperation, isOwnershipMark } from "../model/packet-filter.ts";
import { type ServiceId, type ServiceKey, serviceId } from "../model/virtual-service.ts";
import { type Changes, countChanges, type DesiredState, joinChanges } from "../plan/diff.ts";
import type { Failures } from "./failures.ts";
import type { FlowsToForget } from "./flows-to-forget.ts";
import { Guards } from "./guards.ts";
import type { Kernel } from "./kernel.ts";
import type { Mirror } from "./mirror.ts";
import type { Outcome } from "./outcome.ts";
import { keyOf, type Refusal, subjectOf, subjectText } from "./refusal.ts";
import { Tally } from "./tally.ts";
import { asNewTables, replaceFilter, writeFilter } from "./write-filter.ts";

/** No operation at all. */
export const NO_CHANGES: Changes = {
  closings: [],
  additions: [],
  filters: [],
  binds: [],
  removals: [],
  unbinds: [],
  deletions: [],
  openings: [],
  forgets: [],
};

const ALL = (): boolean => true;

/** What is written; flows are only forgotten. */
type Written = Exclude<Operation, ForgetFlows>;

/** What applying needs besides the changes. */
export interface ApplyContext {
  readonly kernel: Kernel;
  readonly mirror: Mirror;
  /** What the changes were made from. */
  readonly desired: DesiredState;
  readonly flows: FlowsToForget;
  /** The refusals that stand. */
  readonly failures: Failures;
}

/**
 * Sends the changes of all `parts`: what closes and the additions of each part as it is made, and then the
 * other stages of all. Rejects only when a socket or the kernel fails as a whole: then the outcome is unknown.
 */
export async function apply(parts: Iterable<Changes>, context: ApplyContext): Promise<Outcome> {
  const { mirror } = context;
  const guards = new Guards(mirror, context.desired);
  const run = new Run(context);
  const later: Changes[] = [];
  for (const part of parts) {
    if (part.closings.length > 0) await run.filters(part.closings);
    guards.learn([...context.failures.all(), ...run.refusals()]);
    await run.ipvs(part.additions, (operation) => !guards.holdBack(operation));
    const rest = { ...part, closings: [], additions: [] };
    if (countChanges(rest) > 0) later.push(rest);
  }
  const { filters, binds, removals, unbinds, deletions, openings, forgets } = joinChanges(later);
  // What says whose a virtual service is outlives it, or a killed agent would not know it again.
  const isLate = (operation: FilterOperation): boolean =>
    deletions.length > 0 && operation.kind === "delete-filter" && isOwnershipMark(operation.object);
  await run.filters(filters.filter((operation) => !isLate(operation)));
  await run.addresses(
    binds,
    ({ address }) => mirror.hasServiceOn(address) && !guards.isOpen(address),
  );
  await run.ipvs(removals, (operation) => !run.lacks(keyOf(operation)));
  await run.addresses(unbinds, ALL);
  await run.ipvs(deletions, (operation) => !run.addressStays(keyOf(operation), guards));
  const staying = guards.staying(openings);
  const late = [...filters.filter(isLate), ...openings];
  await run.filters(late, (operation) => !staying.has(operation));
  context.flows.ask(forgets);
  return run.outcome();
}

class Run {
  readonly #context: ApplyContext;
  readonly #refused = new Map<string, Refusal>();
  /** Where something that was to come did not: nothing may leave in its place. */
  readonly #lacking = new Set<ServiceId>();
  readonly #lackingOn = new Set<Address>();
  readonly #tally = new Tally();
  #applied = 0;
  #skipped = 0;
  /** The virtual service that was last taken with all its destinations. */
  #taken: ServiceKey | undefined;

  constructor(context: ApplyContext) {
    this.#context = context;
  }

  async ipvs(operations: readonly IpvsOperation[], wanted: (o: IpvsOperation) => boolean) {
    const { ipvs } = this.#context.kernel;
    await this.#stage(operations, wanted, (some) => ipvs.write(some));
  }

  async addresses(
    operations: readonly AddressOperation[],
    wanted: (o: AddressOperation) => boolean,
  ) {
    const { link } = this.#context.kernel;
    await this.#stage(operations, wanted, (some) => link.write(some));
  }

  async filters(
    operations: readonly FilterOperation[],
    wanted: (o: FilterOperation) => boolean = ALL,
  ) {
    const { kernel, mirror } = this.#context;
    const { filter } = kernel;
    if (mirror.hasFilterTables) {
      await this.#stage(operations, wanted, (some) => writeFilter(filter, some));
      return;
    }
    const all = asNewTables(mirror.filters(), operations);
    if (all.length === 0) await filter.replace([]);
    await this.#stage(all, wanted, (some) => replaceFilter(filter, some));
    mirror.hasFilterTables = true;
  }

  /** True when an addition failed there; a refused change of settings keeps nobody from leaving. */
  lacks(key: ServiceKey): boolean {
    return this.#lacking.size > 0 && this.#lacking.has(serviceId(key));
  }

  /** True when the address could not leave, or when `key` may be the last that answers on it. */
  addressStays(key: ServiceKey, guards: Guards): boolean {
    if ("mark" in key) return false;
    const { address } = key;
    const isLacking = this.#lackingOn.has(address) || guards.isLackingOn(address);
    return this.#refused.has(address) || (isLacking && this.#context.mirror.hasAddress(address));
  }

  refusals(): IterableIterator<Refusal> {
    return this.#refused.values();
  }

  outcome(): Outcome {
    return {
      applied: this.#applied,
      skipped: this.#skipped,
      refused: [...this.#refused.values()],
      operations: this.#tally.counts(),
    };
  }

  async #stage<T extends Written>(
    operations: readonly T[],
    wanted: (operation: T) => boolean,
    write: (operations: readonly T[]) => Promise<readonly OperationFailure[]>,
  ): Promise<void> {
    const sent = operations.every(wanted) ? operations : operations.filter(wanted);
    this.#skipped += operations.length - sent.length;
    if (sent !== operations) {
      for (const operation of operations) {
        if (!wanted(operation)) this.#tally.add(operation.kind, "skipped", 1);
      }
    }
    if (sent.length === 0) return;
    try {
      this.#record(sent, await write(sent));
    } catch (error) {
      this.#assume(sent);
      throw error;
    }
  }

  /** What may have been added is ours to find again, even if nobody wants it by then. */
  #assume(operations: readonly Written[]): void {
    const { mirror } = this.#context;
    for (const operation of operations) {
      if (operation.kind !== "add-service") continue;
      if (!mirror.entry(serviceId(operation.service.key))) mirror.apply(operation);
    }
  }

  #record(operations: readonly Written[], failures: readonly OperationFailure[]): void {
    this.#applied += operations.length - failures.length;
    const failed = new Map(failures.map((failure) => [failure.index, failure]));
    for (let index = 0; index < operations.length; index++) {
      const operation = operations[index];
      if (!operation) continue;
      const failure = failed.get(index);
      this.#tally.add(operation.kind, failure ? "refused" : "applied", 1);
      if (failure) this.#refuse(operation, failure);
      else this.#acknowledge(operation);
    }
  }

  /** A new virtual service is taken with all its destinations; one that is refused leaves again. */
  #acknowledge(operation: Written): void {
    const { mirror, desired } = this.#context;
    if (operation.kind === "add-service") {
      const planned = desired.entry(serviceId(operation.service.key));
      if (planned?.service === operation.service) {
        mirror.loadPlanned(planned);
        this.#taken = operation.service.key;
        return;
      }
    }
    if (operation.kind === "add-destination" && operation.key === this.#taken) return;
    mirror.apply(operation);
  }

  #refuse(operation: Written, { code, message }: OperationFailure): void {
    if (operation.kind === "add-destination") {
      this.#context.mirror.apply({ ...operation, kind: "delete-destination" });
    }
    // New tables have it no more, whatever the old ones had.
    if (operation.kind === "add-filter") {
      this.#context.mirror.apply({ ...operation, kind: "delete-filter" });
    }
    const { kind } = operation;
    const subject = subjectOf(operation);
    const name = subjectText(subject);
    if (subject.kind === "service" && kind !== "set-service") {
      this.#lacking.add(subject.id);
      if (!("mark" in subject.key)) this.#lackingOn.add(subject.key.address);
    }
    if (this.#refused.has(name)) return;
    this.#refused.set(name, { subject, kind, operation: operationText(operation), code, message });
  }
}
