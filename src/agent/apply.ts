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
import type { Changes, DesiredState } from "../plan/diff.ts";
import type { Kernel } from "./kernel.ts";
import type { Mirror } from "./mirror.ts";

/** Operations handed to the kernel's client at once: enough to amortise, few enough to show progress. */
export const OPERATIONS_PER_WRITE_MAX = 8_192;

/** What names the thing that failed: the key that a retry looks at again. */
export type Subject =
  | { readonly kind: "service"; readonly id: ServiceId; readonly key: ServiceKey }
  | { readonly kind: "address"; readonly address: Address };

/** One operation that the kernel refused. */
export interface Refusal {
  readonly subject: Subject;
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
  binds: [],
  removals: [],
  unbinds: [],
  deletions: [],
};

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
  /** Called after each write with the operations sent so far. */
  readonly onProgress: (done: number) => void;
}

/** Sends `changes`. Rejects only when a socket or the kernel fails as a whole: then the outcome is unknown. */
export async function apply(changes: Changes, context: ApplyContext): Promise<Outcome> {
  const run = new Run(context);
  await run.ipvs(changes.additions, () => true);
  await run.addresses(changes.binds, ({ address }) => context.mirror.hasServiceOn(address));
  await run.ipvs(changes.removals, (operation) => !run.hasFailed(keyOf(operation)));
  await run.addresses(changes.unbinds, () => true);
  await run.ipvs(changes.deletions, (operation) => !run.addressStays(keyOf(operation)));
  return run.outcome();
}

/** The key of the virtual service that an operation is about. */
export function keyOf(operation: IpvsOperation): ServiceKey {
  return "service" in operation ? operation.service.key : operation.key;
}

class Run {
  readonly #context: ApplyContext;
  readonly #refused = new Map<string, Refusal>();
  #done = 0;
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

  hasFailed(key: ServiceKey): boolean {
    return this.#refused.size > 0 && this.#refused.has(serviceId(key));
  }

  addressStays(key: ServiceKey): boolean {
    return this.#refused.size > 0 && !("mark" in key) && this.#refused.has(key.address);
  }

  outcome(): Outcome {
    return {
      applied: this.#applied,
      skipped: this.#skipped,
      refused: [...this.#refused.values()],
    };
  }

  async #stage<T extends Operation>(
    operations: readonly T[],
    wanted: (operation: T) => boolean,
    write: (operations: readonly T[]) => Promise<readonly OperationFailure[]>,
  ): Promise<void> {
    const sent = operations.every(wanted) ? operations : operations.filter(wanted);
    this.#skipped += operations.length - sent.length;
    for (let start = 0; start < sent.length; start += OPERATIONS_PER_WRITE_MAX) {
      const some =
        sent.length <= OPERATIONS_PER_WRITE_MAX
          ? sent
          : sent.slice(start, start + OPERATIONS_PER_WRITE_MAX);
      this.#record(some, await write(some));
      this.#done += some.length;
      this.#context.onProgress(this.#done);
    }
  }

  #record(operations: readonly Operation[], failures: readonly OperationFailure[]): void {
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
  #acknowledge(operation: Operation): void {
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

  #refuse(operation: Operation, { code, message }: OperationFailure): void {
    if (operation.kind === "add-destination") {
      this.#context.mirror.apply({ ...operation, kind: "delete-destination" });
    }
    const subject = subjectOf(operation);
    const name = subjectText(subject);
    if (this.#refused.has(name)) return;
    this.#refused.set(name, { subject, operation: operationText(operation), code, message });
  }
}

/** What a retry of `operation` has to look at. */
function subjectOf(operation: Operation): Subject {
  if ("address" in operation) return { kind: "address", address: operation.address };
  const key = keyOf(operation);
  return { kind: "service", id: serviceId(key), key };
}

/** The subject as one word: a service id or an address, which never look alike. */
export function subjectText(subject: Subject): string {
  return subject.kind === "service" ? subject.id : subject.address;
}
