/** One virtual service of the mirror: when it shares the map of a plan, and when it must not. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { MirrorEntry } from "../../../src/agent/mirror-entry.ts";
import { type Destination, destinationId } from "../../../src/model/virtual-service.ts";
import { HeldDestinations } from "../../../src/plan/held-destinations.ts";
import { PlannedDestinations } from "../../../src/plan/planned-destinations.ts";
import { unlikeParts } from "../../../src/plan/unlike-parts.ts";
import { destination, SETTINGS, tcp } from "../plan/samples.ts";

const SERVICE = { key: tcp("10.96.0.10", 80), settings: SETTINGS };
const PLAN_SETTINGS = destination("0.0.0.0", 0);

function endpointOf(number: number): Destination {
  return destination(`10.1.0.${number}`, 80);
}

function planOf(numbers: readonly number[]): PlannedDestinations {
  const addresses = numbers.map((number) => endpointOf(number).address);
  return new PlannedDestinations(addresses, 80, PLAN_SETTINGS);
}

function idsOf({ destinations }: MirrorEntry): string[] {
  return [...destinations.keys()].sort();
}

test("it takes over the map of a plan that was written to it, and needs no copy for that", () => {
  const [before, after] = [planOf([1, 2, 4]), planOf([1, 3, 4])];
  const entry = new MirrorEntry(SERVICE, before);
  entry.set(endpointOf(3));
  entry.delete(destinationId(endpointOf(2)));
  entry.settle(after);
  expect(entry.destinations).toBe(after);
});

test("what drains is kept beside the map of the plan", () => {
  const entry = new MirrorEntry(SERVICE, planOf([1, 2]));
  const draining = { ...endpointOf(2), weight: 0 };
  entry.set(draining);
  entry.settle(planOf([1]));
  expect(entry.destinations).toBeInstanceOf(HeldDestinations);
  expect([...entry.destinations.values()]).toEqual([endpointOf(1), draining]);
  expect([...entry.destinations.keys()]).toEqual([1, 2].map(endpointOf).map(destinationId));
  expect(entry.destinations.get(destinationId(draining))).toEqual(draining);
  expect(entry.destinations.has(destinationId(draining))).toBe(true);
  expect(entry.destinations.size).toBe(2);
  entry.delete(destinationId(endpointOf(2)));
  const plan = planOf([1]);
  entry.settle(plan);
  expect(entry.destinations).toBe(plan);
});

test("what a dump showed gives way to the plan that was written over it", () => {
  const dumped = new Map([[destinationId(endpointOf(1)), endpointOf(1)]]);
  const entry = new MirrorEntry(SERVICE, dumped);
  entry.set(endpointOf(2));
  expect(dumped.size).toBe(1);
  expect(idsOf(entry)).toEqual(idsOf(new MirrorEntry(SERVICE, planOf([1, 2]))));
  const plan = planOf([2, 1]);
  entry.settle(plan);
  expect(entry.destinations).toBe(plan);
});

test("whatever is written, it holds that, and shares a plan only where it is the same", () => {
  const numbers = fc.uniqueArray(fc.nat({ max: 12 }), { maxLength: 12 });
  const writes = fc.array(
    fc.record({ number: fc.nat({ max: 12 }), weight: fc.constantFrom(0, 1, undefined) }),
    { maxLength: 6 },
  );
  fc.assert(
    fc.property(numbers, writes, numbers, fc.boolean(), (held, written, planned, looks) => {
      const entry = new MirrorEntry(SERVICE, planOf(held));
      const model = new Map([...planOf(held)]);
      for (const { number, weight } of written) {
        const one = endpointOf(number);
        if (weight === undefined) {
          entry.delete(destinationId(one));
          model.delete(destinationId(one));
        } else {
          entry.set({ ...one, weight });
          model.set(destinationId(one), { ...one, weight });
        }
        if (looks) expect(entry.destinations).toEqual(model);
      }
      const plan = planOf(planned);
      entry.settle(plan);
      expect(new Map(entry.destinations)).toEqual(model);
      const [less, more] = unlikeParts(entry.destinations, plan);
      const goes = [...model.keys()].filter((id) => !plan.has(id));
      expect([...less.keys()].filter((id) => !more.has(id)).sort()).toEqual(goes.sort());
    }),
    { numRuns: 2_000 },
  );
});
