/** Whose a virtual service is: nothing that others made is ever changed. Reads only. */
import { type Address, familyOf } from "../model/address.ts";
import { type FilterSet, filterObjectId } from "../model/packet-filter.ts";
import { type Range, rangeContains } from "../model/range.ts";
import { type ServiceKey, type SocketKey, serviceId } from "../model/virtual-service.ts";
import type { DesiredState } from "../plan/diff.ts";
import { isOurMark } from "../plan/firewall-marks.ts";
import type { Mirror } from "./mirror.ts";

/** What ownership is read from. */
export interface OwnershipOptions {
  readonly desired: DesiredState;
  readonly mirror: Mirror;
  /** Virtual services of others have addresses in these, whatever else speaks for us. */
  readonly excludeRanges: readonly Range[];
}

/** Tells our virtual services from those of others. */
export class Ownership {
  readonly #options: OwnershipOptions;

  constructor(options: OwnershipOptions) {
    this.#options = options;
  }

  /**
   * True when a virtual service is ours to change: some Service wants it, it was ours before (its address
   * leaves first, so that a removal cut in two would forget it), its address sits on `kube-ipvs0`, where
   * only this agent (or the kube-proxy before it) puts addresses, our packet filter names it as a
   * frontend, or its mark is one of those that we give.
   */
  has(key: ServiceKey): boolean {
    const { desired, mirror } = this.#options;
    const id = serviceId(key);
    if (desired.entry(id) || mirror.entry(id)) return true;
    if ("mark" in key) return isOurMark(key.mark);
    if (this.isExcluded(key.address)) return false;
    return mirror.hasAddress(key.address) || this.#isNamed(key);
  }

  /** True of an address on which virtual services of others are. */
  isExcluded(address: Address): boolean {
    return this.#options.excludeRanges.some((range) => rangeContains(range, address));
  }

  #isNamed({ protocol, address, port }: SocketKey): boolean {
    const frontend = `${address} . ${protocol} . ${port}`;
    const nodePort = `${protocol} . ${port}`;
    const holds = (set: FilterSet, key: string): boolean => {
      const element = { kind: "element", family: familyOf(address), set, key, value: "" } as const;
      return this.#options.mirror.filter(filterObjectId(element)) !== undefined;
    };
    if (holds("masqueraded", frontend) || holds("keep-source", frontend)) return true;
    const isNodePort =
      holds("node-port-masqueraded", nodePort) || holds("node-port-keep-source", nodePort);
    return isNodePort && holds("node-addresses", address);
  }
}
