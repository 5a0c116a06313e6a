/** What the agent holds now, counted when metrics are asked for. Reads only. */
import { type Family, familyOf } from "../model/address.ts";
import { serviceFamily } from "../model/virtual-service.ts";
import type { HeldCounts } from "../observe/agent-metrics.ts";
import type { Counts } from "../observe/metrics.ts";
import type { Passes } from "./passes.ts";

/** What counting reads. */
export interface CountedParts {
  readonly passes: Passes;
  readonly services: number;
  readonly sourceProblems: number;
  readonly isPictureComplete: boolean;
}

/** The counts now. */
export function countsOf(parts: CountedParts): Counts {
  const { index } = parts.passes;
  const noLocal = index.noLocalEndpoints();
  return {
    held: heldCounts(parts),
    noLocalEndpoints: (["ipv4", "ipv6"] as const).flatMap((family) => [
      { policy: "internal", family, services: noLocal.internal[family] },
      { policy: "external", family, services: noLocal.external[family] },
    ]),
  };
}

function heldCounts({ passes, ...rest }: CountedParts): HeldCounts {
  const { mirror, drainer, failures } = passes;
  const virtualServices = zero();
  const destinations = zero();
  for (const { service, destinations: held } of mirror.entries()) {
    const family = serviceFamily(service.key);
    virtualServices[family]++;
    destinations[family] += held.size;
  }
  const addresses = zero();
  for (const address of mirror.addresses()) addresses[familyOf(address)]++;
  const filterObjects = zero();
  for (const id of mirror.filterIds()) filterObjects[id.startsWith("ip6 ") ? "ipv6" : "ipv4"]++;
  return {
    ...rest,
    virtualServices,
    destinations,
    addresses,
    filterObjects,
    drains: drainer.all().length,
    refusals: failures.all().length,
  };
}

function zero(): Record<Family, number> {
  return { ipv4: 0, ipv6: 0 };
}
