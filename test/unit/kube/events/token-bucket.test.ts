/** Bursts go through, floods do not. */
import { expect, test } from "vitest";
import { LIMITED_OBJECTS_MAX, ObjectLimits } from "../../../../src/kube/events/object-limits.ts";
import { TokenBucket } from "../../../../src/kube/events/token-bucket.ts";

test("a bucket gives its burst at once and then one each period", () => {
  const bucket = new TokenBucket({ burst: 2, everyMs: 1_000 }, 0);
  expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([true, true, false]);
  expect(bucket.waitMs(400)).toBeCloseTo(600);
  expect(bucket.take(999)).toBe(false);
  expect(bucket.take(1_000)).toBe(true);
  expect(bucket.waitMs(1_000)).toBeCloseTo(1_000);
});

test("a bucket never holds more than its burst", () => {
  const bucket = new TokenBucket({ burst: 2, everyMs: 1_000 }, 0);
  expect(bucket.isFull(0)).toBe(true);
  bucket.take(0);
  expect(bucket.isFull(999)).toBe(false);
  expect([bucket.take(1e9), bucket.take(1e9), bucket.take(1e9)]).toEqual([true, true, false]);
});

test("each object has a limit of its own", () => {
  const limits = new ObjectLimits({ burst: 1, everyMs: 1_000 });
  expect([limits.take("a", 0), limits.take("a", 0), limits.take("b", 0)]).toEqual([
    true,
    false,
    true,
  ]);
});

test("only so many objects are remembered, and a further one comes in when others were quiet", () => {
  const limits = new ObjectLimits({ burst: 1, everyMs: 1_000 });
  for (let i = 0; i < LIMITED_OBJECTS_MAX; i++) limits.take(String(i), 0);
  expect(limits.take("one more", 0)).toBe(false);
  expect(limits.take("one more", 1_000)).toBe(true);
});
