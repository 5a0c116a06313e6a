/** Whether a virtual service holds what is wanted there, and nothing else: asked of all of them, and mostly true. */
import {
  type Destination,
  type DestinationId,
  destinationId,
  sameDestination,
} from "../model/virtual-service.ts";

/**
 * True when `found`, in the order of a dump, is neither more nor less than `wanted`. A dump shows the newest
 * destination first: where nobody changed anything since, no text of a destination need be made.
 */
export function holdsAll(
  wanted: ReadonlyMap<DestinationId, Destination>,
  found: readonly Destination[],
): boolean {
  if (wanted.size !== found.length) return false;
  return isAsAdded(wanted, found) || isInAnyOrder(wanted, found);
}

function isAsAdded(
  wanted: ReadonlyMap<DestinationId, Destination>,
  found: readonly Destination[],
): boolean {
  let left = found.length;
  for (const destination of wanted.values()) {
    left -= 1;
    const last = found[left];
    if (!last || !sameDestination(destination, last)) return false;
  }
  return true;
}

function isInAnyOrder(
  wanted: ReadonlyMap<DestinationId, Destination>,
  found: readonly Destination[],
): boolean {
  return found.every((destination) => {
    const one = wanted.get(destinationId(destination));
    return one !== undefined && sameDestination(one, destination);
  });
}
