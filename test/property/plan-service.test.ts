/** Laws of one Service's plan: pure, total, and blind to the order of its slices. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Endpoint, EndpointSlice } from "../../src/model/cluster.ts";
import { SCHEDULER_NAMES } from "../../src/model/scheduler.ts";
import { planService } from "../../src/plan/service.ts";
import { endpoint, NODE, planInput, service, slice } from "../unit/plan/samples.ts";

const anyEndpoint: fc.Arbitrary<Endpoint> = fc
  .record({
    address: fc.integer({ min: 1, max: 6 }).map((host) => `10.1.0.${host}`),
    ready: fc.boolean(),
    serving: fc.boolean(),
    terminating: fc.boolean(),
    zoneHints: fc.subarray(["east", "west"]),
    nodeHints: fc.subarray(["node-a", "node-b"]),
  })
  .map(({ address, ...parts }) => endpoint(address, parts));

const anySlices: fc.Arbitrary<EndpointSlice[]> = fc
  .array(fc.uniqueArray(anyEndpoint, { selector: ({ address }) => address, maxLength: 6 }), {
    maxLength: 4,
  })
  .map((all) =>
    all.map((endpoints, index) => slice(endpoints, { name: `shop/web-${index}`, family: "ipv4" })),
  );

const anyShuffled = anySlices.chain((slices) =>
  fc.record({
    slices: fc.constant(slices),
    shuffled: fc
      .shuffledSubarray(slices, { minLength: slices.length })
      .chain((some) =>
        fc.tuple(
          ...some.map((one) =>
            fc
              .shuffledSubarray([...one.endpoints], { minLength: one.endpoints.length })
              .map((endpoints) => ({ ...one, endpoints })),
          ),
        ),
      ),
  }),
);

/** Destinations in their order, and the rest. */
function served(slices: readonly EndpointSlice[], nodeName = "node-a") {
  const node = { ...NODE, name: nodeName };
  const [only] = planService(planInput({ slices, node })).virtualServices;
  return { order: [...(only?.destinations.keys() ?? [])], lingering: only?.lingering };
}

test("the plan is the same whatever the order of slices and of their endpoints", () => {
  fc.assert(
    fc.property(anyShuffled, ({ slices, shuffled }) => {
      expect(served(shuffled)).toEqual(served(slices));
    }),
    { numRuns: 1_000 },
  );
});

test("one endpoint more or less leaves the others in their order", () => {
  fc.assert(
    fc.property(fc.subarray([1, 2, 3, 4, 5, 6, 7, 8]), fc.nat(7), (hosts, without) => {
      const all = hosts.map((host) => endpoint(`10.1.0.${host}`));
      const fewer = all.filter((_, index) => index !== without);
      const kept = new Set(served([slice(fewer, { family: "ipv4" })]).order);
      const before = served([slice(all, { family: "ipv4" })]).order;
      expect(before.filter((id) => kept.has(id))).toEqual([...kept]);
    }),
  );
});

test("nodes differ in their order", () => {
  const slices = [slice([1, 2, 3, 4, 5, 6, 7, 8].map((host) => endpoint(`10.1.0.${host}`)))];
  fc.assert(
    fc.property(fc.nat(100_000), fc.nat(100_000), (one, other) => {
      fc.pre(one !== other);
      // Eight endpoints have 40,320 orders: two nodes with the same one would be no fault, so ask three.
      const orders = [one, other, one + other + 1].map((number) =>
        served(slices, `node-${number}`).order.join(),
      );
      expect(new Set(orders).size).toBeGreaterThan(1);
    }),
  );
});

test("only listed endpoints are used, each is used or lingers, and none is both", () => {
  fc.assert(
    fc.property(anySlices, (slices) => {
      const listed = new Set(
        slices.flatMap(({ endpoints }) => endpoints.map(({ address }) => `${address}:8080`)),
      );
      const { order, lingering } = served(slices);
      expect(new Set([...order, ...(lingering ?? [])])).toEqual(listed);
      expect(order.length + (lingering?.size ?? 0)).toBe(listed.size);
    }),
    { numRuns: 500 },
  );
});

test("any annotation gives a plan with a known scheduler, and the same one the second time", () => {
  const name = fc.oneof(
    fc.constantFrom(
      "kube-ipvs.io/scheduler",
      "kube-ipvs.io/scheduler.http",
      "kube-ipvs.io/scheduler-flags",
      "kube-ipvs.io/drain-timeout",
      "kube-router.io/service.scheduler",
    ),
    fc.string().map((text) => `kube-ipvs.io/${text}`),
  );
  const value = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.constantFrom(...SCHEDULER_NAMES, "sh-port", "mh-port,sh-fallback", "30s", "__proto__"),
  );
  fc.assert(
    fc.property(fc.dictionary(name, value, { maxKeys: 6 }), (annotations) => {
      const input = planInput({ service: service({ annotations }) });
      const plan = planService(input);
      expect(plan).toEqual(planService(input));
      const [only] = plan.virtualServices;
      expect(SCHEDULER_NAMES).toContain(only?.service.settings.scheduler);
      expect(only?.drainTimeoutMs).toBeGreaterThanOrEqual(0);
      for (const { message } of plan.findings) expect(message.length).toBeLessThan(400);
    }),
    { numRuns: 300 },
  );
});
