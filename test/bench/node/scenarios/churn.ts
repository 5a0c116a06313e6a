/** Endpoints that change all the time, as fast as the API server of the guest takes it. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Spread, spread } from "../../spread.ts";
import { Changes } from "../changes.ts";
import type { NodeTask } from "../node-task.ts";
import type { Subject } from "../subject.ts";

const CHANGES_PER_S = 200;
const CHURN_MS = 60_000;
/** Requests at a time. */
const WRITERS = 4;
const SAMPLE_MS = 1_000;
const SAMPLE_MS_MAX = 60_000;
const SETTLE_MS = 12_000;
/** Services at the start that are kept for samples of the lag, half of all at most. */
const SAMPLED_MAX = 100;

const METRICS = "http://127.0.0.1:10249/metrics";
const DELAY = /^kube_ipvs_event_loop_delay_seconds\{quantile="1"\} (.*)$/m;

/** What was measured. */
export interface ChurnResult {
  /** Changes a second that the server took, of the 200 that were wanted. */
  readonly changesPerS: number;
  /** From the server's answer to the kernel, once a second. */
  readonly lag: Spread;
  /** Share of the processor. */
  readonly processorShare: number;
  readonly residentMbBefore: number;
  readonly residentMbAfter: number;
  /** The longest that the event loop was kept, by the agent's own metric; null for what has no such thing. */
  readonly eventLoopDelayMs: number | null;
}

/** Runs it. */
export async function churn(subject: Subject, task: NodeTask): Promise<ChurnResult> {
  subject.start();
  await subject.synced();
  await sleep(SETTLE_MS);
  const sampledCount = Math.min(SAMPLED_MAX, Math.floor(task.size.services / 2));
  const sampled = await Changes.open(task, SAMPLE_MS_MAX);
  const written = await Changes.open(task, SAMPLE_MS_MAX);
  // Each reading begins the next.
  await eventLoopDelayMs();
  const before = subject.usage();
  const startMs = performance.now();
  const endMs = startMs + CHURN_MS;
  let changes = 0;
  const write = async (): Promise<void> => {
    for (let nowMs = performance.now(); nowMs < endMs; nowMs = performance.now()) {
      if (changes > ((nowMs - startMs) / 1_000) * CHANGES_PER_S) {
        await sleep(1);
        continue;
      }
      changes += 1;
      await written.change(sampledCount + written.next(task.size.services - sampledCount));
    }
  };
  const times: number[] = [];
  const sample = async (): Promise<void> => {
    while (performance.now() < endMs) {
      times.push(await sampled.timed(sampled.next(sampledCount)));
      await sleep(SAMPLE_MS);
    }
  };
  await Promise.all([sample(), ...Array.from({ length: WRITERS }, write)]);
  const tookS = (performance.now() - startMs) / 1_000;
  const after = subject.usage();
  sampled.close();
  written.close();
  return {
    changesPerS: changes / tookS,
    lag: spread(times),
    processorShare: (after.processorS - before.processorS) / tookS,
    residentMbBefore: before.residentMb,
    residentMbAfter: after.residentMb,
    eventLoopDelayMs: await eventLoopDelayMs(),
  };
}

async function eventLoopDelayMs(): Promise<number | null> {
  const [, seconds] = DELAY.exec(await (await fetch(METRICS)).text()) ?? [];
  return seconds === undefined ? null : Number(seconds) * 1_000;
}
