/** A run begins when the server is quiet. */
import { expect, test } from "vitest";
import { untilQuiet } from "../../bench/node/quiet.ts";

/** Seconds of processor in each window of 3 s, one after the other; the last one goes on. */
async function windowsWaited(...busyS: readonly number[]): Promise<number> {
  let windows = 0;
  let usedS = 0;
  await untilQuiet(
    () => usedS,
    () => {
      usedS += busyS[Math.min(windows, busyS.length - 1)] ?? 0;
      windows += 1;
      return Promise.resolve();
    },
  );
  return windows;
}

test("less than a twentieth of the processor over 3 s is quiet", async () => {
  expect(await windowsWaited(0.1)).toBe(1);
  expect(await windowsWaited(2.5, 0.2, 0.1)).toBe(3);
});

test("a server that is never quiet is waited for a minute", async () => {
  expect(await windowsWaited(3)).toBe(20);
});
