/** What the kernel may hold of objects that cannot be read, and were not known before. Pure. */
import type { Circumstances } from "../change.ts";
import type { Collection } from "./collection.ts";

/** What is listed and watched. */
type Watched = Readonly<Record<"services" | "slices" | "node", Collection>>;

/** False where something unreadable may be anybody's: nobody knows what it is, or this node's own facts lack. */
export function isWhole({ services, slices, node }: Watched): boolean {
  const areNamed = [services, slices, node].every(({ isNamed }) => isNamed);
  return areNamed && node.hidden.size === 0 && ownersOf(slices).every((one) => one !== undefined);
}

/** What is known of whom the others belong to. */
export function hiddenIn({
  services,
  slices,
}: Watched): Pick<Circumstances, "hidesServices" | "hidesEndpointsOf"> {
  const owners = ownersOf(slices).flatMap((owner) => (owner ? [owner] : []));
  return {
    hidesServices: services.hidden.size > 0,
    hidesEndpointsOf: new Set(owners.sort()),
  };
}

function ownersOf({ hidden }: Collection): (string | undefined)[] {
  return [...hidden.values()];
}
