/** A plan as short text, so that a test can say the whole of it. */
import { filterObjectText } from "../../../src/model/packet-filter.ts";
import type { ServicePlan } from "../../../src/plan/service-plan.ts";

/** Each virtual service with its endpoints: `tcp/10.96.0.10:80 -> 10.1.0.1:8080`. */
export function tableOf({ virtualServices }: ServicePlan): string[] {
  return virtualServices
    .map(({ id, destinations }) => `${id} -> ${[...destinations.keys()].sort().join(" ")}`.trim())
    .sort();
}

/** What the plan needs in the packet filter, without repeats. */
export function filterOf({ virtualServices }: ServicePlan): string[] {
  const objects = virtualServices.flatMap(({ elements }) => elements);
  return [...new Set(objects.map(filterObjectText))].sort();
}

/** `warning bad-address spec.externalIPs`. */
export function findingsOf({ findings }: ServicePlan): string[] {
  return findings.map(({ severity, reason, field }) => `${severity} ${reason} ${field}`);
}
