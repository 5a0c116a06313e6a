/** Candidates of many slices: what is kept from plan to plan never shows. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Endpoint, EndpointSlice, ServicePort } from "../../src/model/cluster.ts";
import { candidatesOf } from "../../src/plan/candidates.ts";
import { endpoint, HTTP, slice } from "../unit/plan/samples.ts";

const NODE = "node-a";

/** Few addresses, so that slices share some. */
const anyEndpoint: fc.Arbitrary<Endpoint> = fc
  .record({
    last: fc.integer({ min: 1, max: 60 }),
    ready: fc.boolean(),
    terminating: fc.boolean(),
    nodeName: fc.constantFrom(NODE, "node-b"),
  })
  .map(({ last, ...rest }) => ({ ...endpoint(`10.0.0.${last}`), ...rest }));

/** Whole ranges of their own for most slices: only then is anything patched. */
const anyEndpoints = fc.oneof(
  { weight: 1, arbitrary: fc.array(anyEndpoint, { maxLength: 4 }) },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 250 }), fc.integer({ min: 0, max: 30 }))
      .map(([third, count]) =>
        Array.from({ length: count }, (_, n) => endpoint(`10.0.${third}.${n + 1}`)),
      ),
  },
);

const anyEdit = fc.record({
  at: fc.nat({ max: 11 }),
  endpoints: anyEndpoints,
  port: fc.constantFrom(8080, 8080, 8080, 9090),
});

function sliceAt(index: number, endpoints: readonly Endpoint[], port: number): EndpointSlice {
  const one = slice([...endpoints], { name: `shop/web-${index}` });
  return { ...one, ports: one.ports.map((each) => ({ ...each, port })) };
}

function asked(port: ServicePort, slices: readonly EndpointSlice[]) {
  const refused: Parameters<typeof candidatesOf>[2]["refused"] = [];
  return candidatesOf(port, "ipv4", { slices, nodeName: NODE, refused });
}

test("a port that was planned before has the candidates of one that was not", () => {
  fc.assert(
    fc.property(fc.array(anyEdit, { minLength: 1, maxLength: 30 }), (edits) => {
      const port = { ...HTTP };
      const slices = Array.from({ length: 12 }, (_, index) =>
        sliceAt(
          index,
          Array.from({ length: 20 }, (__, n) => endpoint(`10.1.${index}.${n + 1}`)),
          8080,
        ),
      );
      asked(port, slices);
      for (const { at, endpoints, port: number } of edits) {
        slices[at] = sliceAt(at, endpoints, number);
        const kept = asked(port, slices);
        const anew = asked({ ...HTTP }, slices);
        for (const key of ["candidates", "addresses", "here", "areAllReady", "port"] as const) {
          expect(kept[key]).toEqual(anew[key]);
        }
      }
    }),
    { numRuns: 60 },
  );
});
