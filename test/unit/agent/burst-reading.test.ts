/** Bursts that are still being read: who waits for that, and for how long. */
import { expect, test } from "vitest";
import { READING_MS_MAX } from "../../../src/agent/burst-reading.ts";
import { Portions } from "../../../src/agent/portions.ts";
import { listOf } from "./names-on-a-list.ts";

/** A burst that comes while passes are made: each is told how late it is, and how many changes there are before it. */
function comingIn(minSyncPeriodMs = 10) {
  const { options, dirty, changes } = listOf();
  const portions = new Portions({ ...options, minSyncPeriodMs });
  let count = 0;
  const pass = (nowMs: number, more: number, kind = "new"): readonly string[] => {
    for (let i = 0; i < more; i++) dirty.add(`${kind}-${count++}`);
    changes.count += more;
    return portions.take(nowMs);
  };
  return { portions, pass, dirty, changes };
}

test("while more of a burst comes only those that serve are planned, and then its parts go on", () => {
  const { pass, dirty, changes } = comingIn();
  expect(pass(0, 3)).toEqual(["new-0", "new-1"]);
  expect(pass(10, 30)).toEqual([]);
  dirty.add("serving-1");
  changes.count += 1;
  expect(pass(20, 30, "gone")).toEqual(["serving-1"]);
  // Slices of Services that wait already.
  changes.count += 30;
  expect(pass(30, 0)).toEqual([]);
  expect(pass(40, 0)).toEqual(["new-2", "new-3"]);
  expect(pass(50, 4)).toEqual(["new-4", "new-5"]);
  expect(pass(60, 5)).toEqual([]);
});

test("many changes of those that serve are no burst", () => {
  const { pass } = comingIn();
  expect(pass(0, 6)).toEqual(["new-0", "new-1"]);
  expect(pass(10, 30, "serving")).toHaveLength(30);
  expect(pass(20, 30, "serving")).toEqual(["new-2", "new-3"]);
});

test("a burst that does not end is written half of the time, also after one that is over", () => {
  const { pass } = comingIn();
  expect(pass(0, 3)).toHaveLength(2);
  for (let at = 10; at < 10_000; at += 2 * READING_MS_MAX) {
    expect(pass(at, 30)).toEqual([]);
    expect(pass(at + READING_MS_MAX - 1, 30)).toEqual([]);
    expect(pass(at + READING_MS_MAX, 30)).toHaveLength(2);
    expect(pass(at + 2 * READING_MS_MAX - 1, 30)).toHaveLength(2);
  }
});

test("where passes are rare nothing waits", () => {
  const { pass } = comingIn(41);
  expect(pass(0, 9).length).toBeGreaterThan(0);
  expect(pass(41, 90).length).toBeGreaterThan(0);
});

test("a pass that only waits is no measure of those that write", () => {
  const { portions, pass, changes, dirty } = comingIn();
  expect(pass(0, 9, "serving")).toHaveLength(9);
  portions.took(50);
  dirty.clear();
  expect(pass(10, 9)).toHaveLength(2);
  portions.took(150);
  changes.count += 9;
  expect(pass(20, 0)).toEqual([]);
  portions.took(1);
  // As much as takes 150 ms.
  expect(pass(30, 0)).toHaveLength(2);
  portions.took(150);
  expect(pass(40, 0)).toHaveLength(2);
});

test("a burst that is over when its last part is taken is no measure of the next one", () => {
  const { portions, pass } = comingIn();
  expect(pass(0, 5)).toHaveLength(2);
  portions.took(1);
  expect(pass(10, 0)).toHaveLength(3);
  portions.took(1);
  expect(pass(20, 9)).toHaveLength(2);
});
