/** 200 changes a second, whatever the guest's API server could write: their events come from a server of ours. */
import { setTimeout as sleep } from "node:timers/promises";
import { serviceAddress } from "../../cluster.ts";
import { sliceObject } from "../../cluster-objects.ts";
import { EventServer } from "../event-server.ts";
import { KernelEye } from "../kernel-eye.ts";
import { KubeIpvs } from "../kube-ipvs.ts";
import type { NodeTask } from "../node-task.ts";
import { mustSync } from "../subject.ts";
import { type ChurnResult, dueChanges, sampledServices, underChanges } from "./churn.ts";

const SAMPLE_MS_MAX = 60_000;
/** Services that are far apart from each other. */
const STRIDE = 7_919;

/** Runs it. */
export async function storm(task: NodeTask): Promise<ChurnResult> {
  const { services, endpointsPerService } = task.size;
  const server = await EventServer.start(task);
  const subject = new KubeIpvs({ ...task, kubeconfig: server.kubeconfig });
  const eye = await KernelEye.open();
  const grown = new Set<number>();
  /** One endpoint more or less; returns how many there are then. */
  const change = (service: number): number => {
    const isGrown = grown.delete(service);
    if (!isGrown) grown.add(service);
    const count = endpointsPerService + (isGrown ? 0 : 1);
    server.send(sliceObject(service, { endpointsPerService: count }));
    return count;
  };
  const sampledCount = sampledServices(task);
  let sample = 0;
  try {
    subject.start();
    await mustSync(subject);
    return await underChanges(subject, {
      timed: async () => {
        sample = (sample + 1) % sampledCount;
        const startMs = performance.now();
        const count = change(sample);
        const key = { protocol: "tcp", address: serviceAddress(sample), port: 80 } as const;
        return (await eye.untilDestinations(key, count, SAMPLE_MS_MAX)) - startMs;
      },
      write: async (endMs) => {
        const due = dueChanges();
        let changes = 0;
        while (performance.now() < endMs) {
          for (; changes < due(); changes++) {
            change(sampledCount + ((changes * STRIDE) % (services - sampledCount)));
          }
          await sleep(1);
        }
        return changes;
      },
    });
  } finally {
    await subject.kill();
    eye.close();
    server.close();
  }
}
