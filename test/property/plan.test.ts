/** Laws of planning: from any state to any other, in any order of the input, without a gap. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { Mirror } from "../../src/agent/mirror.ts";
import type { Operation } from "../../src/model/operation.ts";
import {
  type Destination,
  destinationId,
  type SocketKey,
  serviceId,
} from "../../src/model/virtual-service.ts";
import { countChanges, diff, flatten, NO_FILTERS } from "../../src/plan/diff.ts";
import { PlanIndex } from "../../src/plan/index-of-plans.ts";
import { renderTable } from "../../src/plan/render.ts";
import { serviceAddressElement } from "../../src/plan/service-addresses.ts";
import type { PlannedService } from "../../src/plan/service-plan.ts";
import { destination, plan, planned, SETTINGS } from "../unit/plan/samples.ts";

const RUNS = { numRuns: 500 };

const anyKey: fc.Arbitrary<SocketKey> = fc.record({
  protocol: fc.constantFrom("tcp", "udp", "sctp"),
  address: fc.constantFrom("10.96.0.1", "10.96.0.2", "fd00:96::1"),
  port: fc.constantFrom(53, 80),
});

const anyDestination: fc.Arbitrary<Destination> = fc
  .tuple(fc.constantFrom(1, 2, 3, 4), fc.constantFrom(0, 1, 1, 3), fc.constantFrom(0, 10))
  .map(([host, weight, upperThreshold]) =>
    destination(`10.1.0.${host}`, 8080, { weight, upperThreshold }),
  );

const anyPlanned: fc.Arbitrary<PlannedService> = fc
  .record({
    key: anyKey,
    scheduler: fc.constantFrom("rr", "lc"),
    destinations: fc.uniqueArray(anyDestination, { selector: destinationId, maxLength: 4 }),
    drainTimeoutMs: fc.constantFrom(0, 30_000),
  })
  .map(({ key, scheduler, destinations, drainTimeoutMs }) =>
    planned(key, destinations, { drainTimeoutMs, settings: { ...SETTINGS, scheduler } }),
  );

const anyState = fc.uniqueArray(anyPlanned, { selector: ({ id }) => id, maxLength: 8 });

/** A kernel that holds `state`, with its addresses bound. */
function kernelOf(state: readonly PlannedService[]): Mirror {
  const mirror = new Mirror();
  for (const { service, destinations } of state) mirror.load(service, destinations.values());
  mirror.loadAddresses(addressesOf(state));
  for (const address of addressesOf(state)) {
    mirror.apply({ kind: "add-filter", object: serviceAddressElement(address) });
  }
  return mirror;
}

function addressesOf(state: readonly PlannedService[]): Set<string> {
  return new Set(plan("shop/web", state).addresses);
}

function indexOf(state: readonly PlannedService[]): PlanIndex {
  const index = new PlanIndex();
  index.set("shop/web", plan("shop/web", state));
  return index;
}

/** The operations from one state to another, everything looked at. */
function operationsTo(mirror: Mirror, index: PlanIndex): Operation[] {
  index.markAllDirty();
  index.markDirty({
    services: new Map(
      [...mirror.entries()].map(({ service: { key } }) => [serviceId(key), key] as const),
    ),
    addresses: mirror.addresses(),
    filters: NO_FILTERS,
  });
  return flatten(diff(mirror, index, index.takeDirty()));
}

test("applying the difference gives the desired state, but for what drains at weight 0", () => {
  fc.assert(
    fc.property(anyState, anyState, (before, after) => {
      const mirror = kernelOf(before);
      const index = indexOf(after);
      for (const operation of operationsTo(mirror, index)) mirror.apply(operation);

      expect([...mirror.ids()].sort()).toEqual(after.map(({ id }) => id).sort());
      expect([...mirror.addresses()].sort()).toEqual([...addressesOf(after)].sort());
      for (const wanted of after) {
        const entry = mirror.entry(wanted.id);
        expect(entry?.service).toEqual(wanted.service);
        const extra = new Map(entry?.destinations);
        for (const [id, one] of wanted.destinations) {
          expect(extra.get(id)).toEqual(one);
          extra.delete(id);
        }
        const drains = wanted.drainTimeoutMs > 0 && !wanted.id.startsWith("udp");
        for (const { weight } of extra.values()) expect([drains, weight]).toEqual([true, 0]);
      }
      // Nothing is left to do, drained destinations included.
      expect(operationsTo(mirror, index)).toEqual([]);
    }),
    RUNS,
  );
});

test("a state has no difference to itself", () => {
  fc.assert(
    fc.property(anyState, (state) => {
      expect(operationsTo(kernelOf(state), indexOf(state))).toEqual([]);
    }),
    RUNS,
  );
});

test("the operations do not depend on the order in which either state is given", () => {
  const shuffledPair = fc.tuple(anyState, anyState).chain(([before, after]) =>
    fc.record({
      before: fc.constant(before),
      after: fc.constant(after),
      beforeShuffled: fc.shuffledSubarray(before, { minLength: before.length }),
      afterShuffled: fc.shuffledSubarray(after, { minLength: after.length }),
    }),
  );
  fc.assert(
    fc.property(shuffledPair, ({ before, after, beforeShuffled, afterShuffled }) => {
      expect(operationsTo(kernelOf(beforeShuffled), indexOf(afterShuffled))).toEqual(
        operationsTo(kernelOf(before), indexOf(after)),
      );
    }),
    RUNS,
  );
});

const serves = (destinations: Iterable<Destination> | undefined): boolean =>
  [...(destinations ?? [])].some(({ weight }) => weight > 0);

test("on the way no bound address is without a virtual service, and none that serves stops serving", () => {
  fc.assert(
    fc.property(anyState, anyState, (before, after) => {
      const mirror = kernelOf(before);
      const steady = after.filter(
        ({ id, destinations }) =>
          serves(mirror.entry(id)?.destinations.values()) && serves(destinations.values()),
      );
      for (const operation of operationsTo(mirror, indexOf(after))) {
        mirror.apply(operation);
        for (const address of mirror.addresses()) expect(mirror.hasServiceOn(address)).toBe(true);
        for (const { id } of steady) {
          expect(serves(mirror.entry(id)?.destinations.values())).toBe(true);
        }
      }
    }),
    RUNS,
  );
});

test("what exists in both states is never deleted, nor added again", () => {
  fc.assert(
    fc.property(anyState, anyState, (before, after) => {
      const lasting = new Set(after.map(({ id }) => id));
      const known = new Set(before.map(({ id }) => id));
      for (const operation of operationsTo(kernelOf(before), indexOf(after))) {
        if (operation.kind === "add-service") {
          expect(known.has(serviceId(operation.service.key))).toBe(false);
        }
        if (operation.kind === "delete-service") {
          expect(lasting.has(serviceId(operation.key))).toBe(false);
        }
      }
    }),
    RUNS,
  );
});

test("keys that are not dirty are left alone", () => {
  fc.assert(
    fc.property(anyState, anyState, (before, after) => {
      const found = diff(kernelOf(before), indexOf(after), {
        services: new Map(),
        addresses: new Set(),
        filters: NO_FILTERS,
      });
      expect(countChanges(found)).toBe(0);
    }),
  );
});

test("equal tables are equal texts, whatever the order of their entries", () => {
  fc.assert(
    fc.property(
      anyState.chain((state) =>
        fc.tuple(fc.constant(state), fc.shuffledSubarray(state, { minLength: state.length })),
      ),
      ([state, shuffled]) => {
        expect(renderTable(shuffled)).toBe(renderTable(state));
      },
    ),
  );
});
