/** 200 changes a second, whatever the guest's API server could write: their events come from a server of ours. */
import { setTimeout as sleep } from "node:timers/promises";
import { EventServer } from "../event-server.ts";
import { KernelEye } from "../kernel-eye.ts";
import type { NodeTask } from "../node-task.ts";
import { mustSync } from "../subject.ts";
import { subjectOf } from "../subjects.ts";
import { ToldChanges } from "../told-changes.ts";
import { type ChurnResult, dueChanges, sampledServices, underChanges } from "./churn.ts";

const PROBE_EVERY_MS = 200;

/** Runs it. */
export async function storm(task: NodeTask): Promise<ChurnResult> {
  const { services, endpointsPerService } = task.size;
  const server = await EventServer.start(task);
  const subject = subjectOf({ ...task, kubeconfig: server.kubeconfig });
  const eye = await KernelEye.open();
  const changes = new ToldChanges(server, endpointsPerService);
  const sampled = { first: 0, among: sampledServices(task) };
  const others = { first: sampled.among, among: services - sampled.among };
  try {
    subject.start();
    await mustSync(subject);
    return await underChanges(subject, {
      probeEveryMs: PROBE_EVERY_MS,
      probe: changes.probe(eye, sampled),
      write: async (endMs) => {
        const due = dueChanges();
        let made = 0;
        while (performance.now() < endMs) {
          for (; made < due(); made++) changes.toggle(ToldChanges.service(made, others));
          await sleep(1);
        }
        return made;
      },
    });
  } finally {
    await subject.kill();
    eye.close();
    server.close();
  }
}
