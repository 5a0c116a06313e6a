/**
 * The floor of `trash`: bare watches that are told the same, read it, and do nothing about it, in the process that tells;
 * and C that writes what comes after as much went.
 */
import { Watchers } from "../../fanout/watchers.ts";
import {
  type Burst,
  burstEvents,
  halvesOf,
  type ProbedBurst,
  type ProbedHalves,
  probedBurst,
} from "../burst.ts";
import { EventServer } from "../event-server.ts";
import { FLOOR_BATCHES, floorMs } from "../floor-ms.ts";
import type { NodeTask } from "../node-task.ts";
import { ToldChanges } from "../told-changes.ts";
import { WATCHED } from "../watch-events.ts";

const HEARD_MS_MAX = 60_000;
/** What takes minutes for the kernel does not differ by it. */
const [, FLOOR_BATCH] = FLOOR_BATCHES;

/** The least that anybody needs. */
export interface TrashFloor extends ProbedHalves {
  /** C alone writes virtual services and destinations of the half that comes, after as many went. */
  readonly kernelAddsMs: number;
}

/** Runs it. Other Services' changes until all of a half is heard of: from when each was due to when it is. */
export async function trashWatch(task: NodeTask): Promise<TrashFloor> {
  const { count } = halvesOf(task.size).coming;
  const kernelAddsMs = await floorMs(["again", count, task.size.endpointsPerService, FLOOR_BATCH]);
  const server = await EventServer.start(task);
  const opened: Watchers[] = [];
  const open = async (path: string): Promise<Watchers> => {
    const watchers = await Watchers.open(1, {
      ...{ url: server.url, authority: task.server.authority, path },
      ...{ format: "protobuf", hasBookmarks: false, resourceVersion: "1" },
    });
    opened.push(watchers);
    return watchers;
  };
  try {
    const heard = await heardOf(task, server, {
      services: await open(WATCHED.Service),
      slices: await open(WATCHED.EndpointSlice),
    });
    return { ...heard, kernelAddsMs };
  } finally {
    for (const watchers of opened) watchers.close();
    server.close();
  }
}

async function heardOf(
  { size }: NodeTask,
  server: EventServer,
  watchers: Readonly<Record<"services" | "slices", Watchers>>,
): Promise<ProbedHalves> {
  const { going, coming, staying } = halvesOf(size);
  const changes = new ToldChanges(server, size.endpointsPerService);
  /** Events so far. */
  const told = { services: 0, slices: 0 };
  let probes = 0;
  const probe = async (dueMs: number): Promise<number> => {
    changes.toggle(ToldChanges.service(probes, staying));
    probes += 1;
    told.slices += 1;
    await watchers.slices.until(told.slices, HEARD_MS_MAX);
    return performance.now() - dueMs;
  };
  const during = (burst: Burst): Promise<ProbedBurst> => {
    const tellAll = server.prepare(burstEvents(burst, size));
    const tell = (): void => {
      tellAll();
      told.services += burst.count;
      told.slices += burst.count;
    };
    const untilOver = async (): Promise<void> => {
      await watchers.services.until(told.services, HEARD_MS_MAX);
      await watchers.slices.until(told.slices, HEARD_MS_MAX);
    };
    return probedBurst({ probe, tell, untilOver });
  };
  return { whileDeleting: await during(going), whileAdding: await during(coming) };
}
