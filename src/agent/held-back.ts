/**
 * What nothing is taken from, as long as something of the cluster is hidden: a Service that cannot be read,
 * endpoints of one, or which addresses other nodes have. Does no I/O.
 *
 * The kernel has no names. What a hidden Service may have there is what the first reading found and no
 * known Service has wanted since; all else is known to be somebody else's, and is removed as ever.
 */
import type { Circumstances } from "../kube/change.ts";
import type { Address } from "../model/address.ts";
import type { FilterObjectId } from "../model/packet-filter.ts";
import { type ServiceId, type ServiceKey, serviceId } from "../model/virtual-service.ts";
import type { DirtyKeys } from "../plan/diff.ts";
import type { PlanIndex } from "../plan/index-of-plans.ts";
import type { Mirror } from "./mirror.ts";
import type { Store } from "./store.ts";

const NO_SERVICES: ReadonlyMap<ServiceId, ServiceKey> = new Map();
const NO_ADDRESSES: ReadonlySet<Address> = new Set();

/** What it is made of. */
export interface HeldBackOptions {
  readonly store: Pick<Store, "picture" | "circumstances">;
  readonly mirror: Mirror;
  readonly index: PlanIndex;
}

type Known = Pick<Store, "picture" | "circumstances">;

function knownOf({ store: { picture, circumstances } }: HeldBackOptions): Known {
  return { picture, circumstances };
}

/** Remembers what nobody speaks for. */
export class HeldBack {
  readonly #options: HeldBackOptions;
  /** Found in the kernel, and wanted by nobody since. */
  readonly #unclaimed = {
    services: new Map<ServiceId, ServiceKey>(),
    addresses: new Set<Address>(),
    filters: new Set<FilterObjectId>(),
  } satisfies DirtyKeys;
  #circumstances: Circumstances | undefined;
  /** As it was when the pass began: what has come since is in none of its plans. */
  #known: Known;

  constructor(options: HeldBackOptions) {
    this.#options = options;
    this.#known = knownOf(options);
  }

  /** The kernel was read for the first time: the mirror is what it holds. */
  found(): void {
    if (this.#isAllKnown) return;
    const { mirror } = this.#options;
    const { services, addresses, filters } = this.#unclaimed;
    for (const { service } of mirror.entries()) services.set(serviceId(service.key), service.key);
    for (const address of mirror.addresses()) addresses.add(address);
    for (const id of mirror.filterIds()) filters.add(id);
    this.#circumstances = this.#known.circumstances;
    this.claim(this.#unclaimed);
  }

  /** Of `keys`, what is wanted now: when it is not any more, it is known whose it was. */
  claim(keys: DirtyKeys): void {
    const { index } = this.#options;
    const { services, addresses, filters } = this.#unclaimed;
    if (services.size + addresses.size + filters.size === 0) return;
    for (const id of keys.services.keys()) if (index.entry(id)) services.delete(id);
    for (const one of keys.addresses) if (index.wantsAddress(one)) addresses.delete(one);
    for (const id of keys.filters) if (index.wantsFilter(id)) filters.delete(id);
  }

  /** What is held back now; undefined when all is known. */
  keys(): DirtyKeys | undefined {
    const { index } = this.#options;
    const { circumstances } = this.#known;
    if (!hidesSomething(circumstances)) return undefined;
    const mayBeAnybodys = circumstances.awaitsPeers || circumstances.hidesServices;
    const services = new Map(mayBeAnybodys ? this.#unclaimed.services : NO_SERVICES);
    for (const name of circumstances.hidesEndpointsOf) {
      for (const { id, service, owner } of index.plan(name)?.virtualServices ?? []) {
        if (index.entry(id)?.owner === owner) services.set(id, service.key);
      }
    }
    const addresses = mayBeAnybodys ? this.#unclaimed.addresses : NO_ADDRESSES;
    return { services, addresses, filters: this.#unclaimed.filters };
  }

  /** A pass begins: has its diff look at what may be held back no longer. */
  letGo(): void {
    this.#known = knownOf(this.#options);
    const { circumstances } = this.#known;
    if (this.#circumstances === undefined) return;
    if (!this.#isAllKnown && this.#circumstances === circumstances) return;
    this.#options.index.markDirty(this.#unclaimed);
    this.#circumstances = this.#isAllKnown ? undefined : circumstances;
    if (this.#isAllKnown) for (const keys of Object.values(this.#unclaimed)) keys.clear();
  }

  get #isAllKnown(): boolean {
    const { picture, circumstances } = this.#known;
    return picture === "complete" && !hidesSomething(circumstances);
  }
}

function hidesSomething(circumstances: Circumstances): boolean {
  const { awaitsPeers, hidesServices, hidesEndpointsOf } = circumstances;
  return awaitsPeers || hidesServices || hidesEndpointsOf.size > 0;
}
