/** Laws of the index: the way to a set of plans leaves no trace. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Family } from "../../src/model/address.ts";
import { type FilterObject, filterObjectId } from "../../src/model/packet-filter.ts";
import { serviceId } from "../../src/model/virtual-service.ts";
import { PlanIndex } from "../../src/plan/index-of-plans.ts";
import { serviceAddressId } from "../../src/plan/service-addresses.ts";
import type { ServicePlan } from "../../src/plan/service-plan.ts";
import { plan, planned, tcp } from "../unit/plan/samples.ts";

const KEYS = ["10.96.0.1", "10.96.0.2"].flatMap((address) =>
  [80, 81, 82].map((port) => tcp(address, port)),
);
/** Elements that virtual services may share. */
const ELEMENTS = ["10.1.0.1", "10.1.0.2", "10.1.0.3"].map(
  (address): FilterObject => ({
    kind: "element",
    family: "ipv4",
    set: "hairpin",
    key: `${address} . ${address}`,
    value: "",
  }),
);
const HEALTH_PORTS = [32_000, 32_001];
const FAMILIES: Family[] = ["ipv4", "ipv6"];
const NAMES = ["shop/a", "shop/b", "shop/c", "shop/d"];

interface Step {
  readonly name: string;
  readonly plan: ServicePlan | undefined;
}

const anyStep: fc.Arbitrary<Step> = fc
  .record({
    name: fc.constantFrom(...NAMES),
    keys: fc.option(fc.subarray(KEYS), { nil: undefined, freq: 4 }),
    createdMs: fc.constantFrom(0, 1, 2),
    elements: fc.subarray(ELEMENTS),
    healthPort: fc.constantFrom(undefined, ...HEALTH_PORTS),
    localEndpoints: fc.nat(2),
    noLocalEndpoints: fc.record({
      internal: fc.subarray(FAMILIES),
      external: fc.subarray(FAMILIES),
    }),
  })
  .map(({ name, keys, createdMs, elements, healthPort, localEndpoints, noLocalEndpoints }) => ({
    name,
    plan:
      keys &&
      plan(
        name,
        keys.map((key) => planned(key, [], { elements })),
        {
          createdMs,
          healthCheck: healthPort === undefined ? undefined : { port: healthPort, localEndpoints },
          noLocalEndpoints,
        },
      ),
  }));

const anySteps = fc.array(anyStep, { maxLength: 20 });

const FILTER_IDS = [
  ...ELEMENTS.map(filterObjectId),
  ...new Set(KEYS.map(({ address }) => serviceAddressId(address))),
];

/** All that can be asked of an index. */
function answers(index: PlanIndex) {
  return {
    holders: KEYS.map((key) => index.entry(serviceId(key))?.owner),
    addresses: KEYS.map(({ address }) => index.wantsAddress(address)),
    filters: FILTER_IDS.map((id) => index.wantsFilter(id)),
    healthChecks: [...index.healthChecks()].sort((a, b) => a.port - b.port),
    noLocal: index.noLocalEndpoints(),
    findings: NAMES.map((name) => index.findings(name).map(({ message }) => message)),
    names: [...index.names()].sort(),
  };
}

/** The plan of each Service after all steps. */
function outcome(steps: readonly Step[]): Map<string, ServicePlan> {
  const plans = new Map<string, ServicePlan>();
  for (const { name, plan: one } of steps) {
    if (one) plans.set(name, one);
    else plans.delete(name);
  }
  return plans;
}

test("any sequence of set() answers like an index built from its outcome, in any order", () => {
  const anyCase = anySteps.chain((steps) => {
    const plans = [...outcome(steps)];
    return fc.tuple(fc.constant(steps), fc.shuffledSubarray(plans, { minLength: plans.length }));
  });
  fc.assert(
    fc.property(anyCase, ([steps, plans]) => {
      const walked = new PlanIndex();
      for (const { name, plan: one } of steps) walked.set(name, one);
      const built = new PlanIndex();
      for (const [name, one] of plans) built.set(name, one);
      expect(answers(walked)).toEqual(answers(built));
    }),
    { numRuns: 1_000 },
  );
});

test("a key whose answer changed since the last look is dirty", () => {
  fc.assert(
    fc.property(anySteps, anySteps, (first, then) => {
      const index = new PlanIndex();
      for (const { name, plan: one } of first) index.set(name, one);
      index.takeDirty();
      const before = KEYS.map((key) => index.entry(serviceId(key)));
      const hadFilters = FILTER_IDS.map((id) => index.wantsFilter(id) !== undefined);
      const wanted = KEYS.map(({ address }) => index.wantsAddress(address));
      for (const { name, plan: one } of then) index.set(name, one);
      const { services, addresses, filters } = index.takeDirty();
      FILTER_IDS.forEach((id, at) => {
        if ((index.wantsFilter(id) === undefined) === hadFilters[at]) {
          expect(filters.has(id)).toBe(true);
        }
      });
      KEYS.forEach((key, at) => {
        const id = serviceId(key);
        if (index.entry(id) !== before[at]) expect(services.get(id)).toEqual(key);
        if (index.wantsAddress(key.address) !== wanted[at]) {
          expect(addresses.has(key.address)).toBe(true);
        }
      });
    }),
    { numRuns: 500 },
  );
});

test("whoever's findings another one's plan changed is told", () => {
  fc.assert(
    fc.property(anySteps, anySteps, (first, then) => {
      const index = new PlanIndex();
      for (const { name, plan: one } of first) index.set(name, one);
      index.takeReassigned();
      const before = new Map(NAMES.map((name) => [name, index.findings(name)]));
      for (const { name, plan: one } of then) index.set(name, one);
      const told = new Set([...index.takeReassigned(), ...then.map(({ name }) => name)]);
      for (const name of NAMES) {
        if (!told.has(name)) expect(index.findings(name)).toEqual(before.get(name));
      }
    }),
    { numRuns: 500 },
  );
});

test("every wanted key is held by the oldest that wants it, and every other one is told", () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const index = new PlanIndex();
      for (const { name, plan: one } of steps) index.set(name, one);
      const plans = [...outcome(steps).values()];
      for (const key of KEYS) {
        const id = serviceId(key);
        const claims = plans.filter(({ virtualServices }) =>
          virtualServices.some((wanted) => wanted.id === id),
        );
        const [oldest] = claims.sort(
          (a, b) => (a.createdMs || 1e9) - (b.createdMs || 1e9) || (a.name < b.name ? -1 : 1),
        );
        expect(index.entry(id)?.owner).toBe(oldest?.name);
        for (const { name } of claims) {
          const told = index.findings(name).some(({ message }) => message.startsWith(`${id} is`));
          expect(told).toBe(name !== oldest?.name);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test("an element is wanted exactly while a virtual service that is in force needs it", () => {
  fc.assert(
    fc.property(anySteps, (steps) => {
      const index = new PlanIndex();
      for (const { name, plan: one } of steps) index.set(name, one);
      const inForce = KEYS.flatMap((key) => index.entry(serviceId(key))?.elements ?? []);
      const needed = new Set(inForce.map(filterObjectId));
      for (const id of ELEMENTS.map(filterObjectId)) {
        expect(index.wantsFilter(id) !== undefined).toBe(needed.has(id));
      }
    }),
    { numRuns: 500 },
  );
});
