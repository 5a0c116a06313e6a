/** Whose change of our tables it was: told by the port. */
import { expect, test } from "vitest";
import { SETTLED_AFTER_MS, SETTLING_MS_MAX } from "../../../src/base/settling.ts";
import { ForeignChanges } from "../../../src/nft/foreign-changes.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

const OURS = 41;
const THEIRS = 42;

function watched() {
  const clock = new ManualClock();
  const own = new Set([OURS]);
  let alarms = 0;
  let looks = 0;
  const changes = new ForeignChanges({
    clock,
    ownPorts: () => {
      looks += 1;
      if (own.size === 0) throw new Error("EMFILE: too many open files");
      return new Set(own);
    },
    onForeign: () => {
      alarms += 1;
    },
  });
  return { clock, own, changes, alarms: () => alarms, looks: () => looks };
}

test("those of ours are no alarm, however late they are told, and cost no look at our sockets", async () => {
  const { clock, changes, alarms, looks } = watched();
  const before = looks();
  for (let hour = 0; hour < 3; hour++) {
    changes.announced(OURS);
    await clock.advance(3_600_000);
  }
  expect(alarms()).toBe(0);
  expect(looks()).toBe(before);
});

test("one of others among many of ours is told once", async () => {
  const { clock, changes, alarms } = watched();
  for (const port of [OURS, THEIRS, OURS, OURS]) changes.announced(port);
  await clock.advance(SETTLED_AFTER_MS);
  expect(alarms()).toBe(1);
  await clock.advance(SETTLING_MS_MAX);
  expect(alarms()).toBe(1);
});

test("a storm of theirs is told now and then", async () => {
  const { clock, changes, alarms } = watched();
  for (let ms = 0; ms < 10 * SETTLING_MS_MAX; ms += 10) {
    changes.announced(THEIRS);
    await clock.advance(10);
  }
  expect(alarms()).toBeGreaterThanOrEqual(9);
  expect(alarms()).toBeLessThanOrEqual(11);
});

test("a socket that was opened since is ours, too", async () => {
  const { clock, own, changes, alarms } = watched();
  own.add(THEIRS);
  changes.announced(THEIRS);
  await clock.advance(SETTLING_MS_MAX);
  expect(alarms()).toBe(0);
});

test("a port that was ours may be another's once the ports are forgotten", async () => {
  const { clock, own, changes, alarms } = watched();
  own.delete(OURS);
  own.add(THEIRS);
  changes.forgetPorts();
  changes.announced(OURS);
  await clock.advance(SETTLED_AFTER_MS);
  expect(alarms()).toBe(1);
});

test("what was lost, and what nobody can tell, may have been of others", async () => {
  const { clock, own, changes, alarms } = watched();
  changes.lost();
  await clock.advance(SETTLED_AFTER_MS);
  expect(alarms()).toBe(1);
  own.clear();
  changes.announced(THEIRS);
  await clock.advance(SETTLED_AFTER_MS);
  expect(alarms()).toBe(2);
});

test("nothing is told after the end", async () => {
  const { clock, changes, alarms } = watched();
  changes.announced(THEIRS);
  changes.close();
  changes.lost();
  await clock.advance(SETTLING_MS_MAX);
  expect(alarms()).toBe(0);
});
