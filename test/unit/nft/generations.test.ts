/** Whose change of the ruleset it was: told by counting. */
import { expect, test } from "vitest";
import { Generations, JUDGE_MS_MAX, QUIET_MS } from "../../../src/nft/generations.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

function watched() {
  const clock = new ManualClock();
  let alarms = 0;
  const generations = new Generations({
    clock,
    onForeign: () => {
      alarms += 1;
    },
  });
  return { clock, generations, alarms: () => alarms };
}

test("a transaction of ours is no alarm, whether it is announced before or after it is over", async () => {
  const { clock, generations, alarms } = watched();
  generations.begin();
  generations.announced(1);
  generations.end(true);
  await clock.advance(QUIET_MS);
  generations.begin();
  generations.end(true);
  generations.announced(1);
  await clock.advance(JUDGE_MS_MAX);
  expect(alarms()).toBe(0);
});

test("one that is announced only after it was judged is no alarm", async () => {
  const { clock, generations, alarms } = watched();
  generations.begin();
  generations.end(true);
  await clock.advance(QUIET_MS);
  generations.announced(1);
  await clock.advance(JUDGE_MS_MAX);
  expect(alarms()).toBe(0);
});

test("one that changed nothing, and is never announced, hides no later change of others", async () => {
  const { clock, generations, alarms } = watched();
  generations.begin();
  generations.end(true);
  await clock.advance(JUDGE_MS_MAX);
  generations.announced(1);
  await clock.advance(JUDGE_MS_MAX);
  expect(alarms()).toBe(1);
});

test("one that was refused is no generation: what is announced then is somebody else's", async () => {
  const { clock, generations, alarms } = watched();
  generations.begin();
  generations.announced(1);
  generations.end(false);
  await clock.advance(JUDGE_MS_MAX);
  expect(alarms()).toBe(1);
});

test("a change of others is told once, also amid ours", async () => {
  const { clock, generations, alarms } = watched();
  generations.begin();
  generations.announced(2);
  generations.end(true);
  await clock.advance(JUDGE_MS_MAX);
  expect(alarms()).toBe(1);
  await clock.advance(10 * JUDGE_MS_MAX);
  expect(alarms()).toBe(1);
});

test("lost announcements count as a change of others", async () => {
  const { clock, generations, alarms } = watched();
  generations.lost();
  await clock.advance(QUIET_MS);
  expect(alarms()).toBe(1);
});

test("a storm is judged once a second, and not for each of its changes", async () => {
  const { clock, generations, alarms } = watched();
  const stepMs = QUIET_MS / 2;
  for (let ms = 0; ms < 5 * JUDGE_MS_MAX; ms += stepMs) {
    generations.announced(1);
    await clock.advance(stepMs);
  }
  expect(alarms()).toBeGreaterThanOrEqual(4);
  expect(alarms()).toBeLessThanOrEqual(5);
});

test("nothing is judged while a transaction of ours is on its way and the ruleset is quiet", async () => {
  const { clock, generations, alarms } = watched();
  generations.begin();
  generations.announced(1);
  await clock.advance(JUDGE_MS_MAX / 2);
  generations.end(true);
  await clock.advance(JUDGE_MS_MAX);
  expect(alarms()).toBe(0);
});

test("once closed, nobody is told of anything", async () => {
  const { clock, generations, alarms } = watched();
  generations.announced(1);
  generations.close();
  await clock.advance(JUDGE_MS_MAX);
  expect(alarms()).toBe(0);
});
