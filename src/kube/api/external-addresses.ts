/** Which external and load-balancer addresses Services have now. Pure. */
import type { Address } from "../../model/address.ts";
import type { ObjectName, Service } from "../../model/cluster.ts";

/** By Service. */
export class ExternalAddresses {
  readonly #byService = new Map<ObjectName, readonly Address[]>();
  readonly #users = new Map<Address, number>();

  /** Services that have some. */
  get size(): number {
    return this.#byService.size;
  }

  /** Takes a Service as it is now; undefined: it is gone. True when it has an address that none had before. */
  put(name: ObjectName, service: Service | undefined): boolean {
    const before = this.#byService.get(name) ?? [];
    const { externalAddresses = [], loadBalancerAddresses = [] } = service ?? {};
    const after = [...new Set([...externalAddresses, ...loadBalancerAddresses])];
    const isNew = after.some((address) => !this.#users.has(address));
    for (const address of after) this.#use(address, 1);
    for (const address of before) this.#use(address, -1);
    if (after.length > 0) this.#byService.set(name, after);
    else this.#byService.delete(name);
    return isNew;
  }

  #use(address: Address, change: 1 | -1): void {
    const users = (this.#users.get(address) ?? 0) + change;
    if (users === 0) this.#users.delete(address);
    else this.#users.set(address, users);
  }
}
