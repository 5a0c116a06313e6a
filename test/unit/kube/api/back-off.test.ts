/** Waits after failures. */
import { expect, test } from "vitest";
import {
  BackOff,
  HEALTHY_MS,
  RETRY_MS_FIRST,
  RETRY_MS_MAX,
} from "../../../../src/kube/api/back-off.ts";

test("waits double up to a limit, each spread over as much again", () => {
  const backOff = new BackOff("node-a services");
  let plainMs = RETRY_MS_FIRST;
  for (let failures = 0; failures < 20; failures++) {
    const waitMs = backOff.nextMs(failures * 1_000);
    expect(waitMs).toBeGreaterThanOrEqual(plainMs);
    expect(waitMs).toBeLessThan(2 * plainMs);
    plainMs = Math.min(2 * plainMs, RETRY_MS_MAX);
  }
  expect(plainMs).toBe(RETRY_MS_MAX);
});

test("nodes, and the collections of one, come back at different moments", () => {
  const names = Array.from({ length: 50 }, (_, index) => `node-${index} services`);
  const waits = [...names, "node-0 endpointslices"].map((name) => new BackOff(name).nextMs(0));
  expect(new Set(waits).size).toBeGreaterThan(45);
  expect(new BackOff("node-0 services").nextMs(0)).toBe(waits[0]);
});

test("after a healthy time it begins anew", () => {
  const backOff = new BackOff("node-a services");
  for (let failures = 0; failures < 9; failures++) backOff.nextMs(0);
  expect(backOff.nextMs(HEALTHY_MS)).toBeGreaterThanOrEqual(RETRY_MS_MAX);
  expect(backOff.nextMs(2 * HEALTHY_MS + 1)).toBeLessThan(2 * RETRY_MS_FIRST);
});
