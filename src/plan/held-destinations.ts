/** What a virtual service holds while something drains: the destinations of a plan, and others that are still there. */
import type { Destination, DestinationId } from "../model/virtual-service.ts";

type Destinations = ReadonlyMap<DestinationId, Destination>;

/** Two maps as one, without a copy of the larger. */
export class HeldDestinations implements Destinations {
  readonly planned: Destinations;
  readonly others: Destinations;

  /** No id may be in both. Neither may change. */
  constructor(planned: Destinations, others: Destinations) {
    this.planned = planned;
    this.others = others;
  }

  get size(): number {
    return this.planned.size + this.others.size;
  }

  get(id: DestinationId): Destination | undefined {
    return this.others.get(id) ?? this.planned.get(id);
  }

  has(id: DestinationId): boolean {
    return this.others.has(id) || this.planned.has(id);
  }

  *entries(): MapIterator<[DestinationId, Destination]> {
    yield* this.planned.entries();
    yield* this.others.entries();
  }

  *keys(): MapIterator<DestinationId> {
    yield* this.planned.keys();
    yield* this.others.keys();
  }

  *values(): MapIterator<Destination> {
    yield* this.planned.values();
    yield* this.others.values();
  }

  [Symbol.iterator](): MapIterator<[DestinationId, Destination]> {
    return this.entries();
  }

  forEach(work: (value: Destination, key: DestinationId, map: Destinations) => void): void {
    for (const [id, destination] of this) work(destination, id, this);
  }
}
