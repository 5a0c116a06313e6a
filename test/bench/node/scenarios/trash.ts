/**
 * Half of all Services go at once, and as many others come, while the rest goes on changing. The kernel keeps
 * deleted destinations for minutes in a list that each new one has to search.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { serviceAddress } from "../../cluster.ts";
import { sliceObject, storedService } from "../../cluster-objects.ts";
import { type Spread, spread } from "../../spread.ts";
import { EventServer } from "../event-server.ts";
import { KernelEye } from "../kernel-eye.ts";
import type { NodeTask } from "../node-task.ts";
import { onSchedule } from "../schedule.ts";
import { mustSync, SETTLE_MS } from "../subject.ts";
import { subjectOf } from "../subjects.ts";
import { tableSize } from "../table-size.ts";
import { ToldChanges } from "../told-changes.ts";
import type { WatchEvent } from "../watch-events.ts";

const PROBE_EVERY_MS = 200;
/** Before the first event, and after all are in force. */
const PROBED_AROUND_MS = 2_000;
const FORCE_MS_MAX = 600_000;
/** Services by which it is seen that all of them are gone, or there. */
const LOOKED_AT = 20;
const LOOK_MS = 500;
/** What is not looked at may be a moment later. */
const REST_MS_MAX = 30_000;

/** One half of it. */
export interface TrashPhase extends Spread {
  readonly probes: number;
  /** From the first event to all of them in force. */
  readonly tookMs: number;
}

/** What was measured. */
export interface TrashResult {
  readonly services: number;
  /** Other Services' changes meanwhile: from when each was due to the kernel. */
  readonly whileDeleting: TrashPhase;
  readonly whileAdding: TrashPhase;
}

/** Services that go or come. */
interface Burst {
  readonly type: "ADDED" | "DELETED";
  readonly first: number;
  readonly count: number;
}

/** Runs it. */
export async function trash(task: NodeTask): Promise<TrashResult> {
  const { services, endpointsPerService } = task.size;
  const half = Math.floor(services / 2);
  const server = await EventServer.start(task);
  const subject = subjectOf({ ...task, kubeconfig: server.kubeconfig });
  const [eye, slowEye] = [await KernelEye.open(), await KernelEye.open(LOOK_MS)];
  const changes = new ToldChanges(server, endpointsPerService);
  const probe = changes.probe(eye, { first: half, among: services - half });
  const during = async ({ type, first, count }: Burst): Promise<TrashPhase> => {
    const tell = server.prepare(burstEvents({ type, first, count }, task));
    const wanted = tableSize().services + (type === "ADDED" ? count : -count);
    let isOver = false;
    const probes = onSchedule({ everyMs: PROBE_EVERY_MS, isOver: () => isOver, probe });
    // Awaited below; until then a failure must not count as unhandled.
    probes.catch(() => undefined);
    let tookMs = Number.NaN;
    try {
      await sleep(PROBED_AROUND_MS);
      const startMs = performance.now();
      tell();
      tookMs = (await inForce(slowEye, { type, first, count }, endpointsPerService)) - startMs;
      await sleep(PROBED_AROUND_MS);
    } finally {
      isOver = true;
    }
    const times = await probes;
    await mustHold(wanted);
    return { ...spread(times), probes: times.length, tookMs };
  };
  try {
    subject.start();
    await mustSync(subject);
    await sleep(SETTLE_MS);
    const whileDeleting = await during({ type: "DELETED", first: 0, count: half });
    const whileAdding = await during({ type: "ADDED", first: services, count: half });
    return { services: half, whileDeleting, whileAdding };
  } finally {
    await subject.kill();
    eye.close();
    slowEye.close();
    server.close();
  }
}

/** Services and their slices, in the order in which controllers tell of them. */
function burstEvents({ type, first, count }: Burst, { size }: NodeTask): WatchEvent[] {
  return Array.from({ length: count }, (_, index) => first + index).flatMap((service) => [
    { type, object: storedService(service) },
    { type, object: sliceObject(service, size) },
  ]);
}

/** When it is, by some of its Services. */
async function inForce(
  eye: KernelEye,
  { type, first, count }: Burst,
  endpointsPerService: number,
): Promise<number> {
  const wanted = type === "ADDED" ? endpointsPerService : undefined;
  const step = Math.max(1, Math.floor(count / LOOKED_AT));
  const looked: Promise<number>[] = [];
  for (let index = 0; index < count; index += step) {
    const key = { protocol: "tcp", address: serviceAddress(first + index), port: 80 } as const;
    looked.push(eye.until(key, (taking) => taking === wanted, FORCE_MS_MAX));
  }
  return Math.max(...(await Promise.all(looked)));
}

/** The whole table, once nothing is measured any more. */
async function mustHold(services: number): Promise<void> {
  for (let waitedMs = 0; tableSize().services !== services; waitedMs += LOOK_MS) {
    if (waitedMs > REST_MS_MAX) {
      throw new Error(`${tableSize().services} virtual services instead of ${services}`);
    }
    await sleep(LOOK_MS);
  }
}
