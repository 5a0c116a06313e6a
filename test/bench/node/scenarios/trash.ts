/**
 * Half of all Services go at once, and as many others come, while the rest goes on changing. The kernel keeps
 * deleted destinations for minutes in a list that each new one has to search.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { serviceAddress } from "../../cluster.ts";
import {
  type Burst,
  burstEvents,
  halvesOf,
  type ProbedBurst,
  type ProbedHalves,
  probedBurst,
} from "../burst.ts";
import { EventServer } from "../event-server.ts";
import { KernelEye } from "../kernel-eye.ts";
import type { NodeTask } from "../node-task.ts";
import { mustSync, SETTLE_MS } from "../subject.ts";
import { subjectOf } from "../subjects.ts";
import { tableSize } from "../table-size.ts";
import { ToldChanges } from "../told-changes.ts";

const FORCE_MS_MAX = 600_000;
/** Services by which it is seen that all of them are gone, or there. */
const LOOKED_AT = 20;
const LOOK_MS = 500;
/** What is not looked at may be a moment later. */
const REST_MS_MAX = 30_000;

/** Other Services' changes until all of a half are in force: from when each was due to the kernel. */
export interface TrashResult extends ProbedHalves {
  /** Of one half. */
  readonly services: number;
}

/** Runs it. */
export async function trash(task: NodeTask): Promise<TrashResult> {
  const { endpointsPerService } = task.size;
  const { going, coming, staying } = halvesOf(task.size);
  const server = await EventServer.start(task);
  const subject = subjectOf({ ...task, kubeconfig: server.kubeconfig });
  const [eye, slowEye] = [await KernelEye.open(), await KernelEye.open(LOOK_MS)];
  const probe = new ToldChanges(server, endpointsPerService).probe(eye, staying);
  const during = async (burst: Burst): Promise<ProbedBurst> => {
    const tell = server.prepare(burstEvents(burst, task.size));
    const wanted = tableSize().services + (burst.type === "ADDED" ? burst.count : -burst.count);
    const untilOver = (): Promise<void> => inForce(slowEye, burst, endpointsPerService);
    const probed = await probedBurst({ probe, tell, untilOver });
    await mustHold(wanted);
    return probed;
  };
  try {
    subject.start();
    await mustSync(subject);
    await sleep(SETTLE_MS);
    const whileDeleting = await during(going);
    const whileAdding = await during(coming);
    return { services: going.count, whileDeleting, whileAdding };
  } finally {
    await subject.kill();
    eye.close();
    slowEye.close();
    server.close();
  }
}

/** Returns when it is, by some of its Services. */
async function inForce(
  eye: KernelEye,
  { type, first, count }: Burst,
  endpointsPerService: number,
): Promise<void> {
  const wanted = type === "ADDED" ? endpointsPerService : undefined;
  const step = Math.max(1, Math.floor(count / LOOKED_AT));
  const looked: Promise<number>[] = [];
  for (let index = 0; index < count; index += step) {
    const key = { protocol: "tcp", address: serviceAddress(first + index), port: 80 } as const;
    looked.push(eye.until(key, (taking) => taking === wanted, FORCE_MS_MAX));
  }
  await Promise.all(looked);
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
