/**
 * Virtual services of kube-proxy on addresses that this node has itself, where nothing of ours tells them from
 * what others made. Found once and read into the mirror by a pass, they are ours like anything in it: what no
 * Service wants of them is removed.
 */
import { type ServiceId, type SocketKey, serviceId } from "../model/virtual-service.ts";
import { type DirtyKeys, NO_FILTERS } from "../plan/diff.ts";
import { reread } from "./adopt.ts";
import type { Kernel } from "./kernel.ts";
import type { Planner } from "./planner.ts";

/** What was claimed, and what has become of it. */
export class Inheritance {
  readonly #kernel: Kernel;
  readonly #planner: Planner;
  #claimed: readonly SocketKey[] = [];
  /** A pass has read them into the mirror. */
  #isTaken = true;

  constructor(kernel: Kernel, planner: Planner) {
    this.#kernel = kernel;
    this.#planner = planner;
  }

  /**
   * Has the next pass take those that `isTheirs` is true of, and returns their ids. Only what is on an address of
   * the node, wanted by no Service and outside of the excluded ranges is looked at.
   */
  async claim(isTheirs: (key: SocketKey) => boolean): Promise<readonly ServiceId[]> {
    const claimed: SocketKey[] = [];
    await this.#kernel.ipvs.eachService(({ key }) => {
      if (!("mark" in key) && this.#isFree(key) && isTheirs(key)) claimed.push(key);
    });
    this.#claimed = claimed;
    this.#isTaken = this.#claimed.length === 0;
    return this.#claimed.map(serviceId);
  }

  /** Reads what is claimed into the mirror, for the diff to look at; part of a pass. */
  async take(): Promise<DirtyKeys> {
    const keys = this.#isTaken ? [] : this.#claimed;
    await reread(this.#kernel, this.#planner.mirror, keys);
    this.#isTaken = true;
    const services = new Map(keys.map((key) => [serviceId(key), key]));
    return { services, addresses: new Set(), filters: NO_FILTERS };
  }

  /** True when the kernel holds nothing more of what was claimed but what a Service has come to want. */
  get isSettled(): boolean {
    const { mirror, index } = this.#planner;
    const ids = this.#claimed.map(serviceId);
    return this.#isTaken && ids.every((id) => !mirror.entry(id) || index.entry(id) !== undefined);
  }

  #isFree(key: SocketKey): boolean {
    const { store, ownership } = this.#planner;
    const isOfNode = store.node.ownAddresses.has(key.address);
    return isOfNode && !ownership.has(key) && !ownership.isExcluded(key.address);
  }
}
