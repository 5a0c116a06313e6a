/** What one object costs in a large cluster is what it costs in a small one. */
import { expect, test } from "vitest";
import type { AtSize } from "../../bench/node/life-rows.ts";
import { missed } from "../../bench/node/node-row.ts";
import { objects, perObjectRows } from "../../bench/node/per-object.ts";
import type { LifeResult } from "../../bench/node/scenarios/life.ts";

/** With a start and a first pass of so many microseconds an object. */
function at(
  services: number,
  endpointsPerService: number,
  startUs: number,
  passUs: number,
): AtSize {
  const size = { services, endpointsPerService };
  const ms = (microseconds: number): number => (microseconds * objects(size)) / 1_000;
  return {
    ...{ size, peer: undefined, list: undefined, watch: undefined, peerNote: undefined },
    ours: { completeMs: ms(startUs) } as LifeResult,
    firstPass: {
      ...{ oursMs: ms(passUs), floorMs: 1, messages: 1 },
      ...{ filterElements: 1, filterMs: 1, filterFloorMs: 1 },
    },
  };
}

test("each larger size is held against 1,000 Services, and the largest has a target", () => {
  const rows = perObjectRows([
    at(100, 10, 900, 90),
    at(1_000, 10, 200, 40),
    at(50_000, 5, 210, 60),
  ]);
  expect(rows.map(({ at: size, value }) => [size, value])).toEqual([
    ["50,000 x 5", expect.closeTo(1.05)],
    ["50,000 x 5", expect.closeTo(1.5)],
  ]);
  expect(missed(rows)).toEqual(["  in plan, encode and send alone, 50,000 x 5"]);
  expect(missed(perObjectRows([at(1_000, 10, 1, 1), at(10_000, 10, 9, 9)]))).toEqual([]);
});

test("without 1,000 Services there is nothing to hold it against", () => {
  expect(perObjectRows([at(50_000, 5, 210, 60)])).toEqual([]);
});
