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
export async function probedBurst({ probe, tell, untilOver }: Probed): Promise<ProbedBurst> {
  let isOver = false;
  const probes = onSchedule({ everyMs: PROBE_EVERY_MS, isOver: () => isOver, probe });
  // Awaited below; until then a failure must not count as unhandled.
  probes.catch(() => undefined);
  let behind: Promise<number> | undefined;
  let tookMs = Number.NaN;
  try {
    await sleep(PROBED_AROUND_MS);
    const startMs = performance.now();
    tell();
    // The others may all be due when nothing of it is left.
    behind = probe(startMs);
    behind.catch(() => undefined);
    await untilOver();
    tookMs = performance.now() - startMs;
    await sleep(PROBED_AROUND_MS);
  } finally {
    isOver = true;
  }
  const times = [...(await probes), ...(behind ? [await behind] : [])];
  return { ...spread(times), probes: times.length, tookMs };
}
