/** The life of a proxy on a node: it starts, is left in peace, follows single changes, and starts again. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessUsage } from "../../../lab/process-usage.ts";
import { type Spread, spread } from "../../spread.ts";
import { Changes } from "../changes.ts";
import type { NodeTask } from "../node-task.ts";
import { storedEndpoints } from "../stored-endpoints.ts";
import { SETTLE_MS, type Subject } from "../subject.ts";
import { type TableSize, tableSize } from "../table-size.ts";

const COMPLETE_MS_MAX = 900_000;
const CHANGE_MS_MAX = 60_000;
const IDLE_MS = 60_000;
/** Between two looks: a small share of what has passed, for 110,000 rows take a third of a second of the guest. */
const LOOK_MS_MIN = 100;
const LOOK_SHARE = 0.02;

/** What was measured. */
export interface LifeResult {
  /** Process start to all rows in the kernel. */
  readonly completeMs: number;
  /** Process start to what the proxy calls its first sync; undefined: it was not waited for any longer. */
  readonly syncedMs: number | undefined;
  /** How long that was waited for. */
  readonly syncMsMax: number;
  readonly table: TableSize;
  readonly startProcessorS: number;
  /** With its peak in the first sync. */
  readonly atSync: ProcessUsage;
  readonly quiet: ProcessUsage;
  /** In 60 s. */
  readonly idleProcessorS: number;
  /** One endpoint more or less: from the server's answer to the kernel. */
  readonly change: (Spread & { readonly changes: number }) | undefined;
  readonly restartMs: number | undefined;
  /** Undefined where the proxy does not say. */
  readonly restartWrites: number | undefined;
}

/** Runs it. */
export async function life(subject: Subject, task: NodeTask): Promise<LifeResult> {
  const wanted = await storedEndpoints(task);
  const changes = await Changes.open(task, CHANGE_MS_MAX);
  try {
    return await livesOn(subject, { wanted, changes, services: task.size.services });
  } finally {
    // After the restart, which finds the table as the store is.
    await changes.close();
  }
}

/** What it is held against, and how it is changed. */
interface LifeWork {
  /** Rows of destinations. */
  readonly wanted: number;
  readonly changes: Changes;
  readonly services: number;
}

async function livesOn(
  subject: Subject,
  { wanted, changes, services }: LifeWork,
): Promise<LifeResult> {
  const startMs = performance.now();
  subject.start();
  const synced = subject
    .synced()
    .then((isSynced) => (isSynced ? performance.now() - startMs : undefined));
  let failure: unknown;
  // Awaited below; until then it must not count as unhandled.
  synced.catch((err) => {
    failure = err;
  });
  const saidMs = subject.saysWhenComplete ? await synced : undefined;
  while (tableSize().destinations !== wanted) {
    if (subject.saysWhenComplete) throw new Error(`${tableSize().destinations} of ${wanted} rows`);
    if (performance.now() - startMs > COMPLETE_MS_MAX) throw new Error("the table is not complete");
    if (failure !== undefined) throw failure;
    await sleep(Math.max(LOOK_MS_MIN, (performance.now() - startMs) * LOOK_SHARE));
  }
  const completeMs = saidMs ?? performance.now() - startMs;
  const table = tableSize();
  const atComplete = subject.usage();
  const syncedMs = await synced;
  const atSync = subject.usage();
  await sleep(SETTLE_MS);
  const quiet = subject.usage();
  await sleep(IDLE_MS);
  const idleProcessorS = subject.usage().processorS - quiet.processorS;
  // One that has not come to the end of its first sync follows no change, and would not restart sooner.
  const isBusy = syncedMs === undefined;
  // Each of another Service: an endpoint that goes would be seen at its end for as long as it drains.
  const count = Math.min(subject.changes, services);
  const change = isBusy ? undefined : await singleChanges(changes, count);
  await subject.kill();
  const restartMs = isBusy ? undefined : await restart(subject);
  const restartWrites = isBusy ? undefined : subject.writes();
  return {
    ...{
      completeMs,
      syncedMs,
      syncMsMax: subject.syncMsMax,
      table,
      startProcessorS: atComplete.processorS,
      atSync,
      quiet,
    },
    ...{ idleProcessorS, change, restartMs, restartWrites },
  };
}

async function restart(subject: Subject): Promise<number | undefined> {
  const startMs = performance.now();
  subject.start();
  const isSynced = await subject.synced();
  const tookMs = performance.now() - startMs;
  await subject.kill();
  return isSynced ? tookMs : undefined;
}

async function singleChanges(
  changes: Changes,
  count: number,
): Promise<Spread & { readonly changes: number }> {
  const times: number[] = [];
  for (let i = 0; i < count; i++) times.push(await changes.timed(changes.next()));
  return { ...spread(times), changes: times.length };
}
