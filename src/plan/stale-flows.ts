/**
 * UDP flows that must be forgotten after a change, so that their next packet is scheduled anew: a client
 * that keeps its socket would else send to an endpoint that is gone, or go unanswered for ever. Pure.
 *
 * Other protocols need none of it: their clients open a new connection.
 */
import type { ForgetFlows } from "../model/flows.ts";
import type {
  Destination,
  DestinationId,
  DestinationKey,
  ServiceKey,
  SocketKey,
  TableEntry,
} from "../model/virtual-service.ts";
import type { PlannedService } from "./service-plan.ts";
import { unlikeParts } from "./unlike-parts.ts";

const NONE: readonly ForgetFlows[] = [];
const NO_DESTINATIONS: ReadonlyMap<DestinationId, Destination> = new Map();

/** What the change of one virtual service from `entry` to `planned` leaves behind. */
export function staleFlows(
  entry: TableEntry | undefined,
  planned: PlannedService | undefined,
): readonly ForgetFlows[] {
  const frontends = planned ? frontendsOf(planned) : socketsOf(entry?.service.key);
  if (frontends[0]?.protocol !== "udp") return NONE;
  // Marked flows are also flows of the frontends' own virtual services, which say when all of them end.
  if (!planned) return frontends.map((frontend) => forget(frontend, undefined));
  const known = entry?.destinations ?? NO_DESTINATIONS;
  if (known === planned.destinations) return NONE;
  const [before, after] = unlikeParts(known, planned.destinations);
  const gone = [...before].filter(([id]) => !after.has(id));
  const stale = frontends.flatMap((frontend) =>
    gone.map(([, { address, port }]) => forget(frontend, { address, port })),
  );
  const beginsToServe = known.size === 0 && planned.destinations.size > 0;
  if (!beginsToServe) return stale;
  return frontends.map((frontend) => forget(frontend, frontend));
}

/** The addresses and ports that clients send to. */
function frontendsOf({ service: { key }, frontends }: PlannedService): readonly SocketKey[] {
  return "mark" in key ? frontends : [key];
}

function socketsOf(key: ServiceKey | undefined): readonly SocketKey[] {
  return key === undefined || "mark" in key ? [] : [key];
}

function forget({ address, port }: SocketKey, backend: DestinationKey | undefined): ForgetFlows {
  return {
    kind: "forget-flows",
    protocol: "udp",
    frontend: { address, port },
    backend: backend && { address: backend.address, port: backend.port },
  };
}
