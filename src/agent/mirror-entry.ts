/**
 * One virtual service of the mirror. Its destinations are a plan's own map for as long as they can be:
 * with 100,000 of them a copy costs time and memory. What is written in between is kept beside that map,
 * and a copy is made only when somebody looks before the plan is reached.
 */
import {
  type Destination,
  type DestinationId,
  destinationId,
  sameDestination,
  type TableEntry,
  type VirtualService,
} from "../model/virtual-service.ts";
import { HeldDestinations } from "../plan/held-destinations.ts";
import { unlikeParts } from "../plan/unlike-parts.ts";

type Destinations = ReadonlyMap<DestinationId, Destination>;
/** Undefined for what left. */
type Written = ReadonlyMap<DestinationId, Destination | undefined>;

const NOTHING_WRITTEN: Written = new Map();

/** A virtual service and what it holds. */
export class MirrorEntry implements TableEntry {
  service: VirtualService;
  #held: Destinations;
  /** {@link #held} where it is this entry's own; undefined while it is a plan's, which must not change. */
  #own: Map<DestinationId, Destination> | undefined;
  /** Written since, on top of a plan's map. */
  #written: Map<DestinationId, Destination | undefined> | undefined;

  /** `destinations` stays as it is: it may be a plan's. */
  constructor(service: VirtualService, destinations: Destinations) {
    this.service = service;
    this.#held = destinations;
  }

  get destinations(): Destinations {
    if (this.#written) this.#copy();
    return this.#held;
  }

  /** Adds one, or changes it. */
  set(destination: Destination): void {
    this.#write(destinationId(destination), destination);
  }

  /** Takes one away, if it is there. */
  delete(id: DestinationId): void {
    this.#write(id, undefined);
  }

  /**
   * Shares the map of a plan of which all is there; what is there besides, such as what drains, is kept
   * beside it. Nothing happens where the plan is not reached.
   */
  settle(planned: Destinations): void {
    if (this.#held === planned && !this.#written) return;
    const others = othersThan(planned, this.#held, this.#written ?? NOTHING_WRITTEN);
    if (!others) return;
    this.#held = others.size === 0 ? planned : new HeldDestinations(planned, others);
    this.#own = undefined;
    this.#written = undefined;
  }

  #write(id: DestinationId, destination: Destination | undefined): void {
    if (!this.#own) {
      this.#written ??= new Map();
      this.#written.set(id, destination);
    } else if (destination) this.#own.set(id, destination);
    else this.#own.delete(id);
  }

  #copy(): void {
    this.#own = new Map(this.#held);
    this.#held = this.#own;
    for (const [id, destination] of this.#written ?? []) {
      if (destination) this.#own.set(id, destination);
      else this.#own.delete(id);
    }
    this.#written = undefined;
  }
}

/** What `held` and `written` make besides all of `planned`; undefined when something of that is missing. */
function othersThan(
  planned: Destinations,
  held: Destinations,
  written: Written,
): Destinations | undefined {
  const [before, after] = unlikeParts(held, planned);
  const rest = new Map(before);
  for (const [id, destination] of written) {
    // What both hold alike was not to be written.
    if (!before.has(id) && !after.has(id)) return undefined;
    if (destination) rest.set(id, destination);
    else rest.delete(id);
  }
  for (const [id, wanted] of after) {
    const found = rest.get(id);
    if (!found || !sameDestination(found, wanted)) return undefined;
    rest.delete(id);
  }
  return rest;
}
