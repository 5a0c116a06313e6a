/** Probes at fixed times, whatever becomes of those before: one that waits hides none of those that it would delay. */
import { setTimeout as sleep } from "node:timers/promises";

/** What is done how often. */
export interface Schedule {
  readonly everyMs: number;
  /** Asked when one is due. */
  readonly isOver: () => boolean;
  /** Returns what it found, in milliseconds; what it counts from is when it was due. */
  readonly probe: (dueMs: number) => Promise<number>;
}

/** What all probes found, in the order in which they were due. */
export async function onSchedule({ everyMs, isOver, probe }: Schedule): Promise<number[]> {
  const running: Promise<number>[] = [];
  for (let dueMs = performance.now(); !isOver(); dueMs += everyMs) {
    const one = probe(dueMs);
    // Awaited below; until then a failure must not count as unhandled.
    one.catch(() => undefined);
    running.push(one);
    await sleep(Math.max(0, dueMs + everyMs - performance.now()));
  }
  return await Promise.all(running);
}
