/** Half of all Services go at once, and as many others come: the events of it, and probes meanwhile. */
import { setTimeout as sleep } from "node:timers/promises";
import type { ClusterSize } from "../cluster.ts";
import { sliceObject, storedService } from "../cluster-objects.ts";
import { type Spread, spread } from "../spread.ts";
import { onSchedule, type Schedule } from "./schedule.ts";
import type { ToldRange } from "./told-changes.ts";
import type { WatchEvent } from "./watch-events.ts";

const PROBE_EVERY_MS = 200;
/** Before the first event, and after all are in force. */
const PROBED_AROUND_MS = 2_000;

/** Services that go or come. */
export interface Burst {
  readonly type: "ADDED" | "DELETED";
  readonly first: number;
  readonly count: number;
}

/** What becomes of the Services of a cluster. */
export interface Halves {
  readonly going: Burst;
  readonly coming: Burst;
  /** Those that stay, and change meanwhile. */
  readonly staying: ToldRange;
}

/** What probes found meanwhile. */
export interface ProbedBurst extends Spread {
  readonly probes: number;
  /** From the first event to the end of it. */
  readonly tookMs: number;
}

/** The same of both halves. */
export interface ProbedHalves {
  readonly whileDeleting: ProbedBurst;
  readonly whileAdding: ProbedBurst;
}

/** The halves of a cluster. */
export function halvesOf({ services }: ClusterSize): Halves {
  const half = Math.floor(services / 2);
  return {
    going: { type: "DELETED", first: 0, count: half },
    coming: { type: "ADDED", first: services, count: half },
    staying: { first: half, among: services - half },
  };
}

/** Services and their slices, in the order in which controllers tell of them. */
export function burstEvents({ type, first, count }: Burst, size: ClusterSize): WatchEvent[] {
  return Array.from({ length: count }, (_, index) => first + index).flatMap((service) => [
    { type, object: storedService(service) },
    { type, object: sliceObject(service, size) },
  ]);
}

/** What is done while probes go on. */
export interface Probed {
  readonly probe: Schedule["probe"];
  /** Tells of the burst, at once. */
  readonly tell: () => void;
  readonly untilOver: () => Promise<unknown>;
}

/** Probes from a moment before a burst until a moment after it, and one right behind it. */
export async function probedBurst(probed: Probed): Promise<ProbedBurst> {
  const { probe } = probed;
  let isOver = false;
  const probes = onSchedule({ everyMs: PROBE_EVERY_MS, isOver: () => isOver, probe });
  // Awaited below; until then a failure must not count as unhandled.
  probes.catch(() => undefined);
  const { behind, tookMs } = await toldBurst(probed).finally(() => {
    isOver = true;
  });
  const times = [...(await probes), await behind];
  return { ...spread(times), probes: times.length, tookMs };
}

/** How long the burst took, and the probe right behind it: the others may all be due when it is over. */
async function toldBurst({
  probe,
  tell,
  untilOver,
}: Probed): Promise<{ readonly behind: Promise<number>; readonly tookMs: number }> {
  await sleep(PROBED_AROUND_MS);
  const startMs = performance.now();
  tell();
  const behind = probe(startMs);
  behind.catch(() => undefined);
  await untilOver();
  const tookMs = performance.now() - startMs;
  await sleep(PROBED_AROUND_MS);
  return { behind, tookMs };
}
