/** Address ranges: which addresses they hold, and their simplest form. */
import { describe, expect, test } from "vitest";
import { rangeContains, simplestRanges } from "../../../src/model/range.ts";

test.each`
  range            | address             | holds
  ${"10.0.0.0/8"}  | ${"10.255.255.1"}   | ${true}
  ${"10.0.0.0/8"}  | ${"11.0.0.0"}       | ${false}
  ${"10.0.0.4/32"} | ${"10.0.0.4"}       | ${true}
  ${"10.0.0.4/31"} | ${"10.0.0.6"}       | ${false}
  ${"0.0.0.0/0"}   | ${"198.51.100.1"}   | ${true}
  ${"0.0.0.0/0"}   | ${"2001:db8::1"}    | ${false}
  ${"::/0"}        | ${"2001:db8::1"}    | ${true}
  ${"fd00::/56"}   | ${"fd00:0:0:ff::"}  | ${true}
  ${"fd00::/56"}   | ${"fd00:0:0:100::"} | ${false}
  ${"fd00::/8"}    | ${"10.0.0.1"}       | ${false}
`("$range holds $address: $holds", ({ range, address, holds }) => {
  expect(rangeContains(range, address)).toBe(holds);
});

describe("the simplest form", () => {
  test("has no range inside another one, none twice, and does not depend on the order", () => {
    const ranges = ["10.1.0.0/16", "fd00::/8", "10.0.0.0/8", "9.0.0.0/8", "fd12::/16", "9.0.0.0/8"];
    const simplest = ["9.0.0.0/8", "10.0.0.0/8", "fd00::/8"];
    expect(simplestRanges(ranges)).toEqual(simplest);
    expect(simplestRanges([...ranges].reverse())).toEqual(simplest);
  });

  test("of 70,000 ranges, as many as an object can hold, takes a moment", () => {
    const ranges = Array.from(
      { length: 70_000 },
      (_, at) => `10.${at >> 16}.${(at >> 8) & 255}.${at & 255}/32`,
    );
    expect(simplestRanges(ranges)).toHaveLength(70_000);
    expect(simplestRanges([...ranges, "10.0.0.0/8"])).toEqual(["10.0.0.0/8"]);
  });
});
