/** Marks of virtual services that take packets by their mark. */
import { expect, test } from "vitest";
import { FirewallMarks, isOurMark, markText } from "../../../src/plan/firewall-marks.ts";

test("a name keeps its mark, in one run and in the next", () => {
  const [one, other] = [new FirewallMarks(), new FirewallMarks()];
  const mark = one.of("shop/web tcp/80");
  expect(one.of("shop/web tcp/80")).toBe(mark);
  expect(other.of("shop/web tcp/80")).toBe(mark);
});

test("no two names share a mark, and each mark is known as ours", () => {
  const marks = new FirewallMarks();
  // Enough names for some of the 2^24 hashes to meet.
  const given = Array.from({ length: 20_000 }, (_, index) => marks.of(`shop/web-${index} tcp/80`));
  expect(new Set(given).size).toBe(given.length);
  expect(given.every(isOurMark)).toBe(true);
});

test.each([0, 1, 0x4000, 0x6a000001, 0x6c000000, 0xeb000001])("%i is not ours", (mark) => {
  expect(isOurMark(mark)).toBe(false);
});

test("a mark is written with all its digits", () => {
  expect(markText(0x6b00001f)).toBe("0x6b00001f");
});

test("the mark that a name would get is the one that it gets, and asking gives nothing away", () => {
  const marks = new FirewallMarks();
  const next = marks.next("shop/web tcp/80");
  expect(marks.next("shop/web tcp/80")).toBe(next);
  expect(marks.of("shop/web tcp/80")).toBe(next);
  expect(marks.next("shop/web tcp/80")).toBe(next);
});
