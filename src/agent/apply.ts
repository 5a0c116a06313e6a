/**
 * Sends the operations of a pass, stage by stage, and keeps the mirror true to what was acknowledged.
 *
 * One failure touches one virtual service: its later stages are left out (nothing is taken away where
 * an addition failed, no address is bound without a virtual service, no virtual service leaves before
 * its address), the others go on. Never retries by itself.
 */
import type { Address } from "../model/address.ts";
import {
  type AddressOperation,
  type IpvsOperation,
  type Operation,
  type OperationFailure,
  operationText,
} from "../model/operation.ts";
import { type ServiceId, type ServiceKey, serviceId } from "../model/virtual-service.ts";
import { type Changes, countChanges, type DesiredState } from "../plan/diff.ts";
import type { Kernel } from "./kernel.ts";
import type { Mirror } from "./mirror.ts";

/** What names the thing that failed: the key that a retry looks at again. */
export type Subject =
  | { readonly kind: "service"; readonly id: ServiceId; readonly key: ServiceKey }
  | { readonly kind: "address"; readonly address: Address };

/** One operation that the kernel refused. */
export interface Refusal {
  readonly subject: Subject;
  readonly kind: Operation["kind"];
  /** The operation as text. */
  readonly operation: string;
  readonly code: string;
  readonly message: string;
}

/** What became of a pass's operations. */
export interface Outcome {
  readonly applied: number;
  /** Left out because something they depend on failed. */
  readonly skipped: number;
  /** The first refusal of each subject: later ones follow from it. */
  readonly refused: readonly Refusal[];
}

/** No operation at all. */
export const NO_CHANGES: Changes = {
  additions: [],
  filters: [],
  binds: [],
  removals: [],
  unbinds: [],
  deletions: [],
  forgets: [],
};

/** What goes out one by one, each acknowledged by itself. */
type Single = IpvsOperation | AddressOperation;

/** Several outcomes as one. */
export function sumOutcomes(outcomes: readonly Outcome[]): Outcome {
  return {
    applied: outcomes.reduce((sum, { applied }) => sum + applied, 0),
    skipped: outcomes.reduce((sum, { skipped }) => sum + skipped, 0),
    refused: outcomes.flatMap(({ refused }) => refused),
  };
}

/** What applying needs besides the changes. */
export interface ApplyContext {
  readonly kernel: Kernel;
  readonly mirror: Mirror;
  /** What the changes were made from. */
  readonly desired: DesiredState;
}

/**
 * Sends the changes of all `parts`: the additions of each part as it is made, and then the other stages
 * of all. Rejects only when a socket or the kernel fails as a whole: then the outcome is unknown.
 */
export async function apply(parts: Iterable<Changes>, context: ApplyContext): Promise<Outcome> {
  const run = new Run(context);
  const later: Changes[] = [];
  for (const part of parts) {
    await run.ipvs(part.additions, () => true);
    if (countChanges(part) > part.additions.length) later.push({ ...part, additions: [] });
  }
  const { binds, removals, unbinds, deletions } = joined(later);
  await run.addresses(binds, ({ address }) => context.mirror.hasServiceOn(address));
  await run.ipvs(removals, (operation) => !run.lacks(keyOf(operation)));
  await run.addresses(unbinds, () => true);
  await run.ipvs(deletions, (operation) => !run.addressStays(keyOf(operation)));
  return run.outcome();
}

function joined(parts: readonly Changes[]): Changes {
  const [only] = parts;
  if (only && parts.length === 1) return only;
  return {
    ...NO_CHANGES,
    binds: parts.flatMap(({ binds }) => binds),
    removals: parts.flatMap(({ removals }) => removals),
    unbinds: parts.flatMap(({ unbinds }) => unbinds),
    deletions: parts.flatMap(({ deletions }) => deletions),
  };
}

/** The key of the virtual service that an operation is about. */
export function keyOf(operation: IpvsOperation): ServiceKey {
  return "service" in operation ? operation.service.key : operation.key;
}

class Run {
  readonly #context: ApplyContext;
  readonly #refused = new Map<string, Refusal>();
  /** Where something that was to come did not: nothing may leave in its place. */
  readonly #lacking = new Set<ServiceId>();
  readonly #lackingOn = new Set<Address>();
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

  /** True when an addition failed there; a refused change of settings keeps nobody from leaving. */
  lacks(key: ServiceKey): boolean {
    return this.#lacking.size > 0 && this.#lacking.has(serviceId(key));
  }

  /** True when the address could not leave, or when `key` may be the last that answers on it. */
  addressStays(key: ServiceKey): boolean {
    if (this.#refused.size === 0 || "mark" in key) return false;
    const { address } = key;
    const isNeeded = this.#lackingOn.has(address) && this.#context.mirror.hasAddress(address);
    return isNeeded || this.#refused.has(address);
  }

  outcome(): Outcome {
    return {
      applied: this.#applied,
      skipped: this.#skipped,
      refused: [...this.#refused.values()],
    };
  }

  async #stage<T extends Single>(
    operations: readonly T[],
    wanted: (operation: T) => boolean,
    write: (operations: readonly T[]) => Promise<readonly OperationFailure[]>,
  ): Promise<void> {
    const sent = operations.every(wanted) ? operations : operations.filter(wanted);
    this.#skipped += operations.length - sent.length;
    if (sent.length === 0) return;
    try {
      this.#record(sent, await write(sent));
    } catch (error) {
      this.#assume(sent);
      throw error;
    }
  }

  /** What may have been added is ours to find again, even if nobody wants it by then. */
  #assume(operations: readonly Single[]): void {
    const { mirror } = this.#context;
    for (const operation of operations) {
      if (operation.kind !== "add-service") continue;
      if (!mirror.entry(serviceId(operation.service.key))) mirror.apply(operation);
    }
  }

  #record(operations: readonly Single[], failures: readonly OperationFailure[]): void {
    this.#applied += operations.length - failures.length;
    const failed = new Map(failures.map((failure) => [failure.index, failure]));
    for (let index = 0; index < operations.length; index++) {
      const operation = operations[index];
      if (!operation) continue;
      const failure = failed.get(index);
      if (failure) this.#refuse(operation, failure);
      else this.#acknowledge(operation);
    }
  }

  /** A new virtual service is taken with all its destinations; one that is refused leaves again. */
  #acknowledge(operation: Single): void {
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

  #refuse(operation: Single, { code, message }: OperationFailure): void {
    if (operation.kind === "add-destination") {
      this.#context.mirror.apply({ ...operation, kind: "delete-destination" });
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

/** What a retry of `operation` has to look at. */
function subjectOf(operation: Single): Subject {
  if ("address" in operation) return { kind: "address", address: operation.address };
  const key = keyOf(operation);
  return { kind: "service", id: serviceId(key), key };
}

/** The subject as one word: a service id or an address, which never look alike. */
export function subjectText(subject: Subject): string {
  return subject.kind === "service" ? subject.id : subject.address;
}
