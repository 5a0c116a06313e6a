/** When a draining destination may go. */
import { expect, test } from "vitest";
import { drainStep } from "../../../src/plan/drain.ts";

test.each`
  active | inactive | lingering | waitedMs  | step
  ${0}   | ${0}     | ${false}  | ${0}      | ${"delete"}
  ${0}   | ${0}     | ${true}   | ${0}      | ${"delete"}
  ${1}   | ${0}     | ${false}  | ${29_999} | ${"keep"}
  ${1}   | ${0}     | ${false}  | ${30_000} | ${"delete"}
  ${0}   | ${1}     | ${false}  | ${0}      | ${"keep"}
  ${0}   | ${1}     | ${false}  | ${30_000} | ${"delete"}
  ${1}   | ${0}     | ${true}   | ${90_000} | ${"keep"}
`(
  "$active active and $inactive closing ones, listed: $lingering, after $waitedMs ms: $step",
  ({ active, inactive, lingering, waitedMs, step }) => {
    const seen = {
      activeConnections: active,
      inactiveConnections: inactive,
      lingering,
      sinceMs: 1_000,
      nowMs: 1_000 + waitedMs,
      drainTimeoutMs: 30_000,
    };
    expect(drainStep(seen)).toBe(step);
  },
);
