/** Endpoints that change all the time. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { type Spread, spread } from "../../spread.ts";
import { Changes } from "../changes.ts";
import type { NodeTask } from "../node-task.ts";
import { onSchedule } from "../schedule.ts";
import { mustSync, SETTLE_MS, type Subject } from "../subject.ts";

const CHANGES_PER_S = 200;
const CHURN_MS = 60_000;
/** Requests at a time. */
const WRITERS = 4;
const PROBE_EVERY_MS = 1_000;
const READ_EVERY_MS = 500;
const SAMPLE_MS_MAX = 60_000;
/** Half of all at most. */
const SAMPLED_MAX = 100;

const METRICS = "http://127.0.0.1:10249/metrics";
const DELAY = /^kube_ipvs_event_loop_delay_seconds\{quantile="1"\} (.*)$/m;

/** What was measured. */
export interface ChurnResult {
  /** Changes a second, of the 200 that were wanted. */
  readonly changesPerS: number;
  /** From the server's answer to the kernel; where events are told by us, from when each was due. */
  readonly lag: Spread;
  readonly probes: number;
  /** Share of the processor. */
  readonly processorShare: number;
  /** All the time, in the order of time. */
  readonly residentMb: readonly number[];
  /** The longest that the event loop was kept, by the agent's own metric; null for what has no such thing. */
  readonly eventLoopDelayMs: number | null;
  /** The longest that this program's own was kept, which looks like lag of whom it measures. */
  readonly ownDelayMs: number;
  /** The longest time without the end of a pass; null for what does not say. */
  readonly passGapMs: number | null;
}

/** How it is done. */
export interface ChurnWork {
  /** Makes changes until the time `endMs`, and returns how many. */
  readonly write: (endMs: number) => Promise<number>;
  readonly probeEveryMs: number;
  /** One change of a Service that nobody else changes, and how late the kernel has it, in milliseconds. */
  readonly probe: (dueMs: number) => Promise<number>;
}

/** Services at the start that are kept for samples of the lag. */
export function sampledServices({ size }: NodeTask): number {
  return Math.min(SAMPLED_MAX, Math.floor(size.services / 2));
}

/** Runs it by the API server. */
export async function churn(subject: Subject, task: NodeTask): Promise<ChurnResult> {
  const sampledCount = sampledServices(task);
  subject.start();
  await mustSync(subject);
  const sampled = await Changes.open(task, SAMPLE_MS_MAX);
  const written = await Changes.open(task, SAMPLE_MS_MAX);
  try {
    return await underChanges(subject, {
      probeEveryMs: PROBE_EVERY_MS,
      probe: () => sampled.timed(sampled.next(sampledCount)),
      write: async (endMs) => {
        const due = dueChanges();
        let changes = 0;
        const work = async (): Promise<void> => {
          while (performance.now() < endMs) {
            if (changes < due()) {
              changes += 1;
              await written.change(sampledCount + written.next(task.size.services - sampledCount));
            } else await sleep(1);
          }
        };
        await Promise.all(Array.from({ length: WRITERS }, work));
        return changes;
      },
    });
  } finally {
    await subject.kill();
    await sampled.close();
    await written.close();
  }
}

/** How many of {@link CHANGES_PER_S} are due since this was called. */
export function dueChanges(): () => number {
  const startMs = performance.now();
  return () => ((performance.now() - startMs) / 1_000) * CHANGES_PER_S;
}

/** Measures `subject`, which has synced, while `work` goes on. */
export async function underChanges(subject: Subject, work: ChurnWork): Promise<ChurnResult> {
  await sleep(SETTLE_MS);
  // Each reading begins the next.
  await eventLoopDelayMs();
  const before = subject.usage();
  const own = monitorEventLoopDelay();
  own.enable();
  const startMs = performance.now();
  const startWallMs = Date.now();
  const endMs = startMs + CHURN_MS;
  const isOver = (): boolean => performance.now() >= endMs;
  const residentMb: number[] = [];
  const read = async (): Promise<void> => {
    for (; !isOver(); await sleep(READ_EVERY_MS)) residentMb.push(subject.usage().residentMb);
  };
  const { probeEveryMs: everyMs, probe } = work;
  const [changes, times] = await Promise.all([
    work.write(endMs),
    onSchedule({ everyMs, isOver, probe }),
    read(),
  ]);
  const tookS = (performance.now() - startMs) / 1_000;
  const after = subject.usage();
  own.disable();
  return {
    changesPerS: changes / tookS,
    lag: spread(times),
    probes: times.length,
    processorShare: (after.processorS - before.processorS) / tookS,
    residentMb,
    eventLoopDelayMs: await eventLoopDelayMs(),
    ownDelayMs: own.max / 1_000_000,
    passGapMs: longestGap(subject.passesMs(), { startMs: startWallMs, endMs: Date.now() }),
  };
}

function longestGap(
  all: readonly number[] | undefined,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
): number | null {
  if (all === undefined) return null;
  const within = all.filter((ms) => ms > startMs && ms < endMs);
  const ends = [startMs, ...within, endMs];
  return Math.max(...ends.slice(1).map((ms, index) => ms - (ends[index] ?? ms)));
}

async function eventLoopDelayMs(): Promise<number | null> {
  const [, seconds] = DELAY.exec(await (await fetch(METRICS)).text()) ?? [];
  return seconds === undefined ? null : Number(seconds) * 1_000;
}
