/** Questions to the kernel about its schedulers: few, and repeated only where the answer was no. */
import { expect, test } from "vitest";
import { MISSING_BELIEVED_MS, Schedulers } from "../../../src/agent/schedulers.ts";
import { FakeKernel } from "../../fakes/fake-kernel.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

function asked(): { kernel: FakeKernel; clock: ManualClock; schedulers: Schedulers } {
  const kernel = new FakeKernel();
  const clock = new ManualClock();
  return { kernel, clock, schedulers: new Schedulers(kernel.ipvs, clock) };
}

test("each name is asked for once, however many want it", async () => {
  const { kernel, schedulers } = asked();
  await schedulers.learn(["lc", "lc", "nq"]);
  await schedulers.learn(["lc"]);
  expect(kernel.calls.get("hasScheduler")).toBe(2);
  expect(schedulers.known()).toEqual({ lc: "present", nq: "present" });
});

test("a missing one is asked for again after a while, and told when it is there", async () => {
  const { kernel, clock, schedulers } = asked();
  kernel.table.schedulers.delete("mh");
  await schedulers.learn(["mh", "lc"]);
  expect(schedulers.has("mh")).toBe(false);
  kernel.table.schedulers.add("mh");
  await clock.advance(MISSING_BELIEVED_MS - 1);
  expect(await schedulers.relearn()).toEqual([]);
  await clock.advance(1);
  expect(await schedulers.relearn()).toEqual(["mh"]);
  expect(schedulers.has("mh")).toBe(true);
  expect(await schedulers.relearn()).toEqual([]);
  expect(kernel.calls.get("hasScheduler")).toBe(3);
});

test("one that the kernel cannot be asked for is taken as present until it is refused", async () => {
  const { kernel, schedulers } = asked();
  kernel.canProbeSchedulers = false;
  await schedulers.learn(["mh"]);
  expect(schedulers.known()).toEqual({ mh: "unknown" });
  expect(schedulers.has("mh")).toBe(true);
  schedulers.isMissing("mh");
  expect(schedulers.has("mh")).toBe(false);
});

test("one that nobody asked for counts as present", () => {
  expect(asked().schedulers.has("wrr")).toBe(true);
});

test("what was found again is told even when a later question of the round failed", async () => {
  const { kernel, clock, schedulers } = asked();
  kernel.table.schedulers.clear();
  await schedulers.learn(["mh", "lc"]);
  kernel.table.schedulers.add("mh");
  await clock.advance(MISSING_BELIEVED_MS);
  let questions = 0;
  kernel.before = () => {
    if (++questions === 2) throw new Error("socket broke");
  };
  await expect(schedulers.relearn()).rejects.toThrow("socket broke");
  expect(await schedulers.relearn()).toEqual(["mh"]);
});
