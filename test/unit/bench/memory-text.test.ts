/** Memory by the size of the cluster, in its place in the page. */
import { expect, test } from "vitest";
import { withMeasured } from "../../bench/markdown.ts";
import type { AtSize } from "../../bench/node/life-rows.ts";
import { memoryText } from "../../bench/node/memory-text.ts";
import type { LifeResult } from "../../bench/node/scenarios/life.ts";

function at(services: number, endpointsPerService: number, residentMb: number): AtSize {
  return {
    ...{
      size: { services, endpointsPerService },
      peer: undefined,
      list: undefined,
      watch: undefined,
    },
    ...{ firstPass: undefined, peerNote: undefined },
    ours: { quiet: { processorS: 1, residentMb, peakMb: residentMb + 50 } } as LifeResult,
  };
}

test("each Service more is what lies between two sizes that are alike", () => {
  const text = memoryText([at(1_000, 10, 80), at(10_000, 10, 140), at(50_000, 5, 260)], "Measured");
  expect(text).toMatch(/^Measured\.\n/);
  expect(text).toContain("| 1,000 x 10 | 80 MB | 130 MB | - | - |");
  // 60 MB for 9,000 Services of 11 objects, then 120 MB for 190,000 objects.
  expect(text).toContain("| 10,000 x 10 | 140 MB | 190 MB | 6.8 kB | 636 bytes |");
  expect(text).toContain("| 50,000 x 5 | 260 MB | 310 MB | - | 662 bytes |");
});

test("a page has several places, and each is filled alone", () => {
  const places = ["measured", "memory"].map(
    (name) => `<!-- ${name}: begin -->\n<!-- ${name}: end -->\n`,
  );
  const page = withMeasured(places.join("between\n"), "a table", "memory");
  expect(page).toBe(`${places[0]}between\n<!-- memory: begin -->\na table\n<!-- memory: end -->\n`);
});
