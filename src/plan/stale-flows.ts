/**
 * UDP flows that must be forgotten after a change, so that their next packet is scheduled anew: a client
 * that keeps its socket would else send to an endpoint that is gone, or go unanswered for ever. Pure.
 *
 * Other protocols need none of it: their clients open a new connection.
 */
import type { ForgetFlows } from "../model/flows.ts";
import type {
  DestinationKey,
  ServiceKey,
  SocketKey,
  TableEntry,
} from "../model/virtual-service.ts";
import type { PlannedService } from "./service-plan.ts";

const NONE: readonly ForgetFlows[] = [];

/** What the change of one virtual service from `entry` to `planned` leaves behind. */
export function staleFlows(
  entry: TableEntry | undefined,
  planned: PlannedService | undefined,
): readonly ForgetFlows[] {
  const frontends = planned ? frontendsOf(planned) : socketsOf(entry?.service.key);
  if (frontends[0]?.protocol !== "udp") return NONE;
  // Marked flows are also flows of the frontends' own virtual services, which say when all of them end.
  if (!planned) return frontends.map((frontend) => forget(frontend, undefined));
  if (entry?.destinations === planned.destinations) return NONE;
  const gone = [...(entry?.destinations ?? [])].filter(([id]) => !planned.destinations.has(id));
  const stale = frontends.flatMap((frontend) =>
    gone.map(([, { address, port }]) => forget(frontend, { address, port })),
  );
  const beginsToServe = (entry?.destinations.size ?? 0) === 0 && planned.destinations.size > 0;
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
