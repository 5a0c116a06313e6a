/** The floor of `trash`: bare watches that are told the same, read it, and do nothing about it. */
import { Watchers } from "../../fanout/watchers.ts";
import { type Burst, burstEvents, halvesOf, type ProbedBurst, probedWhile } from "../burst.ts";
import { EventServer } from "../event-server.ts";
import type { NodeTask } from "../node-task.ts";
import { ToldChanges } from "../told-changes.ts";
import { WATCHED } from "../watch-events.ts";

const HEARD_MS_MAX = 60_000;

/** Changes of others until all of a burst is heard of: from when each was due to when it is. */
export interface TrashWatchResult {
  readonly whileDeleting: ProbedBurst;
  readonly whileAdding: ProbedBurst;
}

/** Runs it. */
export async function trashWatch(task: NodeTask): Promise<TrashWatchResult> {
  const { going, coming, staying } = halvesOf(task.size);
  const server = await EventServer.start(task);
  const open = (path: string): Promise<Watchers> =>
    Watchers.open(1, {
      ...{ url: server.url, authority: task.server.authority, path },
      ...{ format: "protobuf", hasBookmarks: false, resourceVersion: "1" },
    });
  const services = await open(WATCHED.Service);
  const slices = await open(WATCHED.EndpointSlice);
  const changes = new ToldChanges(server, task.size.endpointsPerService);
  /** Events of slices so far. */
  let told = 0;
  let probes = 0;
  const probe = async (dueMs: number): Promise<number> => {
    changes.toggle(ToldChanges.service(probes, staying));
    probes += 1;
    told += 1;
    await slices.until(told, HEARD_MS_MAX);
    return performance.now() - dueMs;
  };
  const during = (burst: Burst): Promise<ProbedBurst> => {
    const tell = server.prepare(burstEvents(burst, task.size));
    return probedWhile(probe, async () => {
      tell();
      told += burst.count;
      await slices.until(told, HEARD_MS_MAX);
    });
  };
  try {
    return { whileDeleting: await during(going), whileAdding: await during(coming) };
  } finally {
    services.close();
    slices.close();
    server.close();
  }
}
