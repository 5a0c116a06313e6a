/** The EndpointSlices of the cluster, by name and by the Service that each belongs to. */
import type { EndpointSlice, ObjectName } from "../model/cluster.ts";

const NO_SLICES: readonly EndpointSlice[] = [];

/** All slices. */
export class Slices {
  readonly #all = new Map<ObjectName, EndpointSlice>();
  /** Most Services have one: a list is a third of a map, and never changed but made anew. */
  readonly #of = new Map<ObjectName, readonly EndpointSlice[]>();

  names(): IterableIterator<ObjectName> {
    return this.#all.keys();
  }

  /** Those of one Service, in the order in which they came to be known. */
  of(service: ObjectName): readonly EndpointSlice[] {
    return this.#of.get(service) ?? NO_SLICES;
  }

  /** Takes one as it is now, undefined when it is gone. Returns the Services that it belongs or belonged to. */
  put(name: ObjectName, slice: EndpointSlice | undefined): readonly ObjectName[] {
    const before = this.#all.get(name);
    if (slice) this.#all.set(name, slice);
    else this.#all.delete(name);
    if (before && before.service === slice?.service) {
      const same = this.of(slice.service).map((one) => (one === before ? slice : one));
      this.#of.set(slice.service, same);
      return [slice.service];
    }
    if (before) this.#leave(before);
    if (slice) this.#of.set(slice.service, this.of(slice.service).concat(slice));
    return [before, slice].flatMap((one) => (one ? [one.service] : []));
  }

  #leave(slice: EndpointSlice): void {
    const left = this.of(slice.service).filter((one) => one !== slice);
    // A copy is exactly as long as it must be; what filter() makes has room for 17, for good.
    if (left.length > 0) this.#of.set(slice.service, left.slice());
    else this.#of.delete(slice.service);
  }
}
