/** When memory that only a first sync needed is given back. */
import { expect, test } from "vitest";
import {
  QUIET_MS,
  QUIET_WAITED_MS_MAX,
  releaseOnceQuiet,
} from "../../../src/cli/release-once-quiet.ts";
import { ManualClock } from "../../fakes/manual-clock.ts";

function memory() {
  const clock = new ManualClock();
  const done: string[] = [];
  const ended = new AbortController();
  const onPass = releaseOnceQuiet({
    clock,
    signal: ended.signal,
    memory: { limitGarbage: () => done.push("limit"), release: () => done.push("release") },
  });
  return { clock, done, ended, onPass };
}

test("once, when nothing has changed for a while after the first sync", async () => {
  const { clock, done, onPass } = memory();
  await clock.advance(QUIET_MS);
  expect(done).toEqual([]);
  onPass();
  expect(done).toEqual(["limit"]);
  await clock.advance(QUIET_MS - 1);
  onPass();
  await clock.advance(QUIET_MS - 1);
  expect(done).toEqual(["limit"]);
  await clock.advance(1);
  expect(done).toEqual(["limit", "release"]);
  onPass();
  await clock.advance(QUIET_WAITED_MS_MAX);
  expect(done).toEqual(["limit", "release"]);
});

test("in the end also where changes never end", async () => {
  const { clock, done, onPass } = memory();
  for (let waitedMs = 0; waitedMs < QUIET_WAITED_MS_MAX; waitedMs += QUIET_MS / 2) {
    onPass();
    expect(done).toEqual(["limit"]);
    await clock.advance(QUIET_MS / 2);
  }
  expect(done).toEqual(["limit", "release"]);
});

test("never in a process that ends", async () => {
  const { clock, done, ended, onPass } = memory();
  onPass();
  ended.abort();
  await clock.advance(QUIET_WAITED_MS_MAX);
  expect(done).toEqual(["limit"]);
});
