/** The destinations of a plan as a map, and what two plans hold differently. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { destinationId } from "../../../src/model/virtual-service.ts";
import { PlannedDestinations } from "../../../src/plan/planned-destinations.ts";
import { unlikeParts } from "../../../src/plan/unlike-parts.ts";
import { destination } from "./samples.ts";

const SETTINGS = destination("0.0.0.0", 0);

function planOf(addresses: readonly string[], ports: number | readonly number[] = 80) {
  return new PlannedDestinations(addresses, ports, SETTINGS);
}

function addressOf(number: number): string {
  return `10.0.${number >> 8}.${number & 255}`;
}

const numbers = fc.uniqueArray(fc.nat({ max: 60 }), { maxLength: 40 });

test("it is the map that its addresses and ports make, with an index or without", () => {
  fc.assert(
    fc.property(numbers, fc.boolean(), (some, differ) => {
      const portOf = (number: number): number => (differ ? 80 + (number % 2) : 80);
      const plan = planOf(some.map(addressOf), differ ? some.map(portOf) : 80);
      const all = some.map((number) => destination(addressOf(number), portOf(number)));
      const map = new Map(all.map((one) => [destinationId(one), one]));
      expect([...plan]).toEqual([...map]);
      expect(plan.size).toBe(map.size);
      for (let number = 0; number <= 61; number++) {
        const id = destinationId(destination(addressOf(number), portOf(number)));
        expect(plan.get(id)).toEqual(map.get(id));
        expect(plan.has(id)).toBe(map.has(id));
      }
    }),
  );
});

test("the unlike parts of two plans have all that comes and goes, and nothing that comes and goes in neither", () => {
  fc.assert(
    fc.property(numbers, numbers, (first, second) => {
      const [before, after] = [planOf(first.map(addressOf)), planOf(second.map(addressOf))];
      const [less, more] = unlikeParts(before, after);
      const onlyIn = (one: PlannedDestinations, other: PlannedDestinations) =>
        [...one.keys()].filter((id) => !other.has(id));
      expect([...less.keys()].filter((id) => !more.has(id))).toEqual(onlyIn(before, after));
      expect([...more.keys()].filter((id) => !less.has(id))).toEqual(onlyIn(after, before));
      expect(before.size - less.size).toBe(after.size - more.size);
    }),
  );
});

test("of one more among thousands only that one is left to compare", () => {
  const addresses = Array.from({ length: 5_000 }, (_, number) => addressOf(number));
  const before = planOf(addresses.toSpliced(1_234, 1));
  const [less, more] = unlikeParts(before, planOf(addresses));
  expect([...less]).toEqual([]);
  expect([...more.keys()]).toEqual([`${addressOf(1_234)}:80`]);
});

test("one port more makes all destinations others", () => {
  const addresses = [1, 2, 3].map(addressOf);
  const [less, more] = unlikeParts(planOf(addresses), planOf(addresses, 81));
  expect([less.size, more.size]).toEqual([3, 3]);
});

test("maps that are no plans, or plans with other settings, are compared whole", () => {
  const plan = planOf([addressOf(1)]);
  const map = new Map(plan);
  expect(unlikeParts(map, plan)).toEqual([map, plan]);
  const heavy = new PlannedDestinations([addressOf(1)], 80, { ...SETTINGS, weight: 5 });
  expect(unlikeParts(plan, heavy)).toEqual([plan, heavy]);
});
