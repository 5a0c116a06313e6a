/** Connection tracking in memory: remembers what was to be forgotten. */
import type { Conntrack } from "../../src/conntrack/conntrack.ts";
import type { ForgetFlows } from "../../src/model/flows.ts";
import type { FakeKernel } from "./fake-kernel.ts";

/** Fits where the agent wants its `Conntrack`. */
export class FakeConntrack implements Conntrack {
  readonly #kernel: FakeKernel;
  /** Everything that was asked for, in order. */
  readonly forgotten: ForgetFlows[] = [];

  constructor(kernel: FakeKernel) {
    this.#kernel = kernel;
  }

  async forget(operations: readonly ForgetFlows[]): Promise<number> {
    await this.#kernel.enter("forget");
    this.forgotten.push(...operations);
    return operations.length;
  }

  close(): void {
    this.#kernel.closed.add("conntrack");
  }
}
