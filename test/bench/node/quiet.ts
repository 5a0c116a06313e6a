/** Waiting until what went before is over, so that it is no part of what is measured. */
import { setTimeout as realSleep } from "node:timers/promises";

const WINDOW_MS = 3_000;
const SHARE_MAX = 0.05;
const MS_MAX = 60_000;
const MS_PER_S = 1_000;
/** What the kernel needs to take a network namespace with a full table apart, behind the back of whoever ended it. */
const NAMESPACE_MS = 3_000;

/** Returns when that processor time grows by less than 5 % of the time over 3 s, or after a minute. */
export async function untilQuiet(
  processorS: () => number,
  sleep: (ms: number) => Promise<unknown> = realSleep,
): Promise<void> {
  for (let waitedMs = 0; waitedMs < MS_MAX; waitedMs += WINDOW_MS) {
    const before = processorS();
    await sleep(WINDOW_MS);
    if ((processorS() - before) * MS_PER_S < WINDOW_MS * SHARE_MAX) return;
  }
}

/** After a network namespace was removed. */
export async function namespaceIsGone(): Promise<void> {
  await realSleep(NAMESPACE_MS);
}
