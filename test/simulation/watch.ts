/**
 * Looks at the fake kernel before and after each operation and says what must never be, whatever fails.
 * A rule rests where somebody else wrote or the kernel refused, until the agent has come to terms with it.
 */
import { type Operation, operationText } from "../../src/model/operation.ts";
import { serviceId } from "../../src/model/virtual-service.ts";
import { renderTable } from "../../src/plan/render.ts";
import type { FakeKernel } from "../fakes/fake-kernel.ts";
import { GuardWatch } from "./guard-watch.ts";
import type { Desire } from "./oracle.ts";

/** Who wrote is watched: may it remove anything yet? */
export interface Writer {
  readonly sawComplete: boolean;
}

/** The rules. */
export class Watch {
  readonly violations: string[] = [];
  /** Virtual services of others; they have to stay as they were made. */
  readonly foreign: ReadonlySet<string>;
  readonly #kernel: FakeKernel;
  readonly #foreignTable: string;
  readonly #guards: GuardWatch;
  /** Service ids and addresses where the rules rest. */
  readonly #disturbed = new Set<string>();
  #weighted = new Set<string>();
  /** Desired with endpoints. */
  #usable: ReadonlySet<string> = new Set();

  /** Made while the kernel holds nothing but what others made. */
  constructor(kernel: FakeKernel) {
    this.#kernel = kernel;
    this.#guards = new GuardWatch(kernel);
    this.foreign = new Set(kernel.table.entries().keys());
    this.#foreignTable = this.#renderForeign();
  }

  /** Rests the rules on a virtual service id or an address. */
  disturb(subject: string): void {
    this.#disturbed.add(subject);
  }

  /** Somebody else wrote: what guards a frontend may be gone. */
  restGuards(): void {
    this.#guards.rest();
  }

  /** A new desire: what it leaves without endpoints may be without destinations. */
  expect(desire: Desire): void {
    this.#guards.expect(desire);
    const before = [...this.#weighted, ...this.#usable];
    const usable = [...desire.services.values()].filter(
      ({ destinations }) => destinations.size > 0,
    );
    this.#usable = new Set(usable.map(({ id }) => id));
    for (const id of before) if (!this.#usable.has(id)) this.disturb(id);
  }

  /** An operation reaches the kernel. */
  before(operation: Operation, { sawComplete }: Writer): void {
    this.look(`before ${operationText(operation)}`);
    if (!sawComplete && removes(operation)) {
      this.#violate(`removal on a picture that was never complete: ${operationText(operation)}`);
    }
    const key =
      "service" in operation ? operation.service.key : "key" in operation && operation.key;
    if (key && this.foreign.has(serviceId(key))) {
      this.#violate(`touches what others made: ${operationText(operation)}`);
    }
  }

  /** Holds the kernel to the rules. */
  look(when: string): void {
    for (const message of this.#guards.look()) this.#violate(`${message}, ${when}`);
    const weighted = this.#weightedNow();
    for (const id of this.#weighted) {
      if (!weighted.has(id) && this.#usable.has(id) && !this.#disturbed.has(id)) {
        this.#violate(`${id} lost its last weighted destination, ${when}`);
      }
    }
    this.#weighted = weighted;
    const served = this.#servedAddresses();
    for (const address of this.#kernel.serviceLink?.addresses ?? []) {
      if (!served.has(address) && !this.#disturbed.has(address)) {
        this.#violate(`${address} is bound and has no virtual service, ${when}`);
      }
    }
    if (this.#renderForeign() !== this.#foreignTable) {
      this.#violate(`what others made is not what it was, ${when}`);
    }
  }

  /** The agent has come to terms with everything: all rules hold again. */
  settle(): void {
    this.#disturbed.clear();
    this.#guards.settle();
  }

  #weightedNow(): Set<string> {
    const found = new Set<string>();
    for (const [id, { destinations }] of this.#kernel.table.entries()) {
      if ([...destinations.values()].some(({ weight }) => weight > 0)) found.add(id);
    }
    return found;
  }

  #servedAddresses(): Set<string> {
    const found = new Set<string>();
    for (const { key } of this.#kernel.table.services()) {
      if (!("mark" in key)) found.add(key.address);
    }
    return found;
  }

  #renderForeign(): string {
    const entries = [...this.#kernel.table.entries()];
    return renderTable(entries.filter(([id]) => this.foreign.has(id)).map(([, entry]) => entry));
  }

  #violate(message: string): void {
    this.violations.push(message);
  }
}

function removes(operation: Operation): boolean {
  const { kind } = operation;
  if (kind === "set-destination") return operation.destination.weight === 0;
  return kind === "delete-service" || kind === "delete-destination" || kind === "delete-address";
}
