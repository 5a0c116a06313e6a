/**
 * The destinations of a plan as a map that holds next to nothing: of each endpoint only its address,
 * which the store holds anyway. With 100,000 endpoints a `Map` of objects is 20 MB, and most of it is
 * never looked at again once the kernel has it. Objects and ids are made when somebody asks.
 */
import type { Address } from "../model/address.ts";
import { type Destination, type DestinationId, socketText } from "../model/virtual-service.ts";

/** From so many destinations on a lookup goes through an index, which the first lookup makes. */
const INDEXED_FROM = 16;

/** Destinations by their ids. */
type Destinations = ReadonlyMap<DestinationId, Destination>;

/** What is left of two plans. */
type UnlikeParts = readonly [before: PlannedDestinations, after: PlannedDestinations];

/** Endpoints that differ in address and port alone, in the order in which they were given. */
export class PlannedDestinations implements Destinations {
  readonly #addresses: readonly Address[];
  /** One port for all, or one for each. */
  readonly #ports: number | readonly number[];
  readonly #settings: Omit<Destination, "address" | "port">;
  #index: ReadonlyMap<DestinationId, number> | undefined;
  /** The last answer of {@link unlike}: each pass asks several times. */
  #unlike: { readonly after: PlannedDestinations; readonly parts: UnlikeParts } | undefined;

  /** No address and port may come twice. */
  constructor(
    addresses: readonly Address[],
    ports: number | readonly number[],
    settings: Omit<Destination, "address" | "port">,
  ) {
    this.#addresses = addresses;
    this.#ports = ports;
    this.#settings = settings;
  }

  get size(): number {
    return this.#addresses.length;
  }

  get(id: DestinationId): Destination | undefined {
    const at = this.#find(id);
    return at === -1 ? undefined : this.#at(at);
  }

  has(id: DestinationId): boolean {
    return this.#find(id) !== -1;
  }

  *entries(): MapIterator<[DestinationId, Destination]> {
    for (let at = 0; at < this.size; at++) yield [this.#idAt(at), this.#at(at)];
  }

  *keys(): MapIterator<DestinationId> {
    for (let at = 0; at < this.size; at++) yield this.#idAt(at);
  }

  /** An array's iterator costs a first pass less than a generator of our own. */
  values(): MapIterator<Destination> {
    return this.#addresses.map((_, at) => this.#at(at)).values();
  }

  [Symbol.iterator](): MapIterator<[DestinationId, Destination]> {
    return this.entries();
  }

  forEach(
    work: (
      value: Destination,
      key: DestinationId,
      map: ReadonlyMap<DestinationId, Destination>,
    ) => void,
  ): void {
    for (const [id, destination] of this) work(destination, id, this);
  }

  /** This plan and `after`, both without what they begin and end with alike. */
  unlike(after: PlannedDestinations): UnlikeParts {
    if (this.#settings !== after.#settings) return [this, after];
    if (this.#unlike?.after !== after) this.#unlike = { after, parts: this.#compare(after) };
    return this.#unlike.parts;
  }

  #compare(after: PlannedDestinations): UnlikeParts {
    const shorter = Math.min(this.size, after.size);
    let start = 0;
    while (start < shorter && this.#equals(start, after, start)) start++;
    const last = [this.size - 1, after.size - 1] as const;
    let end = 0;
    while (end < shorter - start && this.#equals(last[0] - end, after, last[1] - end)) end++;
    return [this.#part(start, this.size - end), after.#part(start, after.size - end)];
  }

  #equals(at: number, other: PlannedDestinations, otherAt: number): boolean {
    return (
      this.#addresses[at] === other.#addresses[otherAt] &&
      this.#portAt(at) === other.#portAt(otherAt)
    );
  }

  #part(start: number, end: number): PlannedDestinations {
    const ports = typeof this.#ports === "number" ? this.#ports : this.#ports.slice(start, end);
    return new PlannedDestinations(this.#addresses.slice(start, end), ports, this.#settings);
  }

  #find(id: DestinationId): number {
    if (this.size >= INDEXED_FROM) {
      this.#index ??= new Map([...this.keys()].map((key, at) => [key, at]));
      return this.#index.get(id) ?? -1;
    }
    for (let at = 0; at < this.size; at++) if (this.#idAt(at) === id) return at;
    return -1;
  }

  #idAt(at: number): DestinationId {
    return socketText(this.#addresses[at] ?? "", this.#portAt(at));
  }

  #portAt(at: number): number {
    return typeof this.#ports === "number" ? this.#ports : (this.#ports[at] ?? 0);
  }

  #at(at: number): Destination {
    const { weight, forward, upperThreshold, lowerThreshold, tunnel } = this.#settings;
    return {
      address: this.#addresses[at] ?? "",
      port: this.#portAt(at),
      weight,
      forward,
      upperThreshold,
      lowerThreshold,
      tunnel,
    };
  }
}
