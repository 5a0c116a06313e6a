/** Back-off of what the kernel refused. */
import { expect, test } from "vitest";
import { Failures, RETRY_MS_FIRST, RETRY_MS_MAX } from "../../../src/agent/failures.ts";
import type { Refusal } from "../../../src/agent/refusal.ts";
import { tcp } from "../plan/samples.ts";

const REFUSAL: Refusal = {
  subject: { kind: "service", id: "tcp/10.96.0.1:80", key: tcp("10.96.0.1", 80) },
  kind: "add-service",
  operation: "add-service tcp/10.96.0.1:80 scheduler rr",
  code: "ENOMEM",
  message: "no memory",
};

test("the wait doubles with each refusal in a row, up to the longest", () => {
  const failures = new Failures();
  const waits = Array.from({ length: 12 }, () => failures.add(REFUSAL, 0).retryAtMs);
  expect(waits.slice(0, 3)).toEqual([RETRY_MS_FIRST, 2 * RETRY_MS_FIRST, 4 * RETRY_MS_FIRST]);
  expect(waits.at(-1)).toBe(RETRY_MS_MAX);
  expect(failures.all()).toHaveLength(1);
});

test("a subject that went through begins anew", () => {
  const failures = new Failures();
  failures.add(REFUSAL, 0);
  failures.add(REFUSAL, 0);
  failures.clear("tcp/10.96.0.1:80");
  expect(failures.nextMs()).toBeUndefined();
  expect(failures.add(REFUSAL, 0)).toMatchObject({ attempts: 1, retryAtMs: RETRY_MS_FIRST });
});

test("only what has waited long enough is due, and the earliest decides when to look", () => {
  const failures = new Failures();
  failures.add(REFUSAL, 0);
  failures.add({ ...REFUSAL, subject: { kind: "address", address: "10.96.0.1" } }, 50);
  expect(failures.nextMs()).toBe(RETRY_MS_FIRST);
  expect(failures.due(RETRY_MS_FIRST - 1)).toEqual([]);
  expect(failures.due(RETRY_MS_FIRST)).toEqual([REFUSAL.subject]);
  expect(failures.due(RETRY_MS_FIRST + 50)).toHaveLength(2);
});
