/** What a pass takes from the node itself, before any Service: its addresses, and the ranges of its pods. */
import type { Address } from "../model/address.ts";
import type { NodeView } from "../model/cluster.ts";
import type { Range } from "../model/range.ts";
import type { FilterSettings } from "../nft/packet-filter.ts";
import type { Kernel } from "./kernel.ts";
import { type Planner, useNodeAddresses } from "./planner.ts";

/** What following the node needs. */
export interface ThisNodeOptions {
  readonly kernel: Kernel;
  readonly planner: Planner;
  /** What the packet filter's fixed rules are to be, on a node with these pod ranges. */
  readonly filterSettings: (podRanges: readonly Range[]) => FilterSettings;
  /** Called when the addresses that serve node ports may have changed. */
  readonly onNodeAddresses: (addresses: readonly Address[]) => void;
}

/** Brings store, plans and packet filter up to date with the node. */
export class ThisNode {
  readonly #options: ThisNodeOptions;
  #doubtsAddresses = true;
  #node: NodeView | undefined;
  #podRanges: readonly Range[] | undefined;

  constructor(options: ThisNodeOptions) {
    this.#options = options;
  }

  /** The addresses are read again next time. */
  doubtAddresses(): void {
    this.#doubtsAddresses = true;
  }

  /** Reads the addresses when they may have changed: before plans are made, which depend on them. */
  async readAddresses(): Promise<void> {
    if (!this.#doubtsAddresses) return;
    const { kernel, planner } = this.#options;
    planner.store.setInterfaceAddresses(await kernel.nodeAddresses.current());
    this.#doubtsAddresses = false;
  }

  /** True when the fixed rules of the packet filter have to be made anew. */
  use(): boolean {
    const { kernel, planner, filterSettings, onNodeAddresses } = this.#options;
    const { node, nodeObject } = planner.store;
    if (node !== this.#node) {
      this.#node = node;
      useNodeAddresses(planner);
      onNodeAddresses(node.nodePortAddresses);
    }
    const podRanges = nodeObject?.podRanges ?? [];
    if (podRanges.join() === this.#podRanges?.join()) return false;
    this.#podRanges = podRanges;
    kernel.filter.configure(filterSettings(podRanges));
    return true;
  }
}
