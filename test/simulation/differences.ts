/** The fake kernel against a desire, difference by difference, as sentences. */
import { type FilterObject, sameFilterObject } from "../../src/model/packet-filter.ts";
import { sameDestination, sameSettings } from "../../src/model/virtual-service.ts";
import type { PlannedService } from "../../src/plan/service-plan.ts";
import type { FakeKernel } from "../fakes/fake-kernel.ts";
import type { Desire } from "./oracle.ts";

/** Virtual services that may be there without being desired. */
export interface Excused {
  readonly foreign: ReadonlySet<string>;
  readonly orphans: ReadonlySet<string>;
}

/** Everything in which `kernel` is not what `desire` says. */
export function differences(kernel: FakeKernel, desire: Desire, excused: Excused): string[] {
  return [
    ...[...desire.services.values()].flatMap((planned) => lacks(kernel, desire, planned)),
    ...excess(kernel, desire, excused),
    ...unboundAddresses(kernel, desire),
    ...filterDifferences(kernel, desire),
  ];
}

function lacks(kernel: FakeKernel, { anyScheduler }: Desire, planned: PlannedService): string[] {
  const { id, service, destinations } = planned;
  const entry = kernel.table.entries().get(id);
  if (!entry) return [`${id} is missing`];
  const found: string[] = [];
  if (!anyScheduler.has(id) && !sameSettings(entry.service.settings, service.settings)) {
    found.push(`${id} has ${entry.service.settings.scheduler}, not ${service.settings.scheduler}`);
  }
  for (const [name, wanted] of destinations) {
    const there = entry.destinations.get(name);
    if (!there || !sameDestination(there, wanted)) found.push(`${id} ${name} is not as wanted`);
  }
  for (const name of entry.destinations.keys()) {
    if (!destinations.has(name)) found.push(`${id} ${name} is too much`);
  }
  return found;
}

function excess(kernel: FakeKernel, desire: Desire, { foreign, orphans }: Excused): string[] {
  const bound = kernel.serviceLink?.addresses;
  return [...kernel.table.entries()].flatMap(([id, { service }]) => {
    const { key } = service;
    const isExcused = orphans.has(id) && !("mark" in key) && !bound?.has(key.address);
    return desire.services.has(id) || foreign.has(id) || isExcused ? [] : [`${id} is too much`];
  });
}

function unboundAddresses(kernel: FakeKernel, { addresses }: Desire): string[] {
  const bound = kernel.serviceLink?.addresses ?? new Set<string>();
  return [
    ...[...addresses].filter((one) => !bound.has(one)).map((one) => `${one} is not bound`),
    ...[...bound].filter((one) => !addresses.has(one)).map((one) => `${one} is bound for nobody`),
  ];
}

function filterDifferences(kernel: FakeKernel, { filters }: Desire): string[] {
  const held = kernel.filter.held ?? new Map<string, FilterObject>();
  const wrong = [...filters].flatMap(([id, object]) => {
    const there = held.get(id);
    return there && sameFilterObject(there, object) ? [] : [`${id} is not as wanted`];
  });
  const excess = [...held.keys()].filter((id) => !filters.has(id));
  return [...wrong, ...excess.map((id) => `${id} is too much`)];
}
