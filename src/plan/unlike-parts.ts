/**
 * What two sets of destinations hold differently: of one change among 5,000 endpoints next to nothing is
 * left to compare, and no id is made of all that stays. Pure.
 */
import type { Destination, DestinationId } from "../model/virtual-service.ts";
import { HeldDestinations } from "./held-destinations.ts";
import { PlannedDestinations } from "./planned-destinations.ts";

type Destinations = ReadonlyMap<DestinationId, Destination>;

/** Both without what they surely have alike; as they are where nothing is known of their order. */
export function unlikeParts(
  before: Destinations,
  after: Destinations,
): readonly [before: Destinations, after: Destinations] {
  if (before instanceof HeldDestinations) {
    const [less, more] = unlikeParts(before.planned, after);
    return [new HeldDestinations(less, before.others), more];
  }
  const arePlans = before instanceof PlannedDestinations && after instanceof PlannedDestinations;
  return arePlans ? before.unlike(after) : [before, after];
}
