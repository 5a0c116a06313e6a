/** The addresses of a node's interfaces, as a test sets them. */
import type { NodeAddresses } from "../../src/host/node-addresses.ts";
import type { InterfaceAddress } from "../../src/model/node-port-addresses.ts";
import type { FakeKernel } from "./fake-kernel.ts";

/** Fits where the agent wants its `NodeAddresses`. */
export class FakeNodeAddresses implements NodeAddresses {
  readonly #kernel: FakeKernel;
  readonly #listeners: (() => void)[] = [];
  #addresses: readonly InterfaceAddress[] = [];

  constructor(kernel: FakeKernel) {
    this.#kernel = kernel;
  }

  /** Addresses come and go. */
  set(addresses: readonly InterfaceAddress[]): void {
    this.#addresses = addresses;
    for (const listener of this.#listeners) listener();
  }

  async current(): Promise<readonly InterfaceAddress[]> {
    await this.#kernel.enter("nodeAddresses");
    return this.#addresses;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#kernel.closed.add("nodeAddresses");
  }
}
