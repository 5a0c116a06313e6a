/** One Service with thousands of endpoints, to which one comes at a time. */
import { setTimeout as sleep } from "node:timers/promises";
import type { V1EndpointSlice } from "@kubernetes/client-node";
import { endpointAddress, serviceAddress } from "../../cluster.ts";
import { serviceObject, sliceObject } from "../../cluster-objects.ts";
import { type Spread, spread } from "../../spread.ts";
import { Changes } from "../changes.ts";
import { KernelEye } from "../kernel-eye.ts";
import { ipvsMessages } from "../messages.ts";
import type { NodeTask } from "../node-task.ts";
import { mustSync, SETTLE_MS, type Subject } from "../subject.ts";

const ENDPOINTS = 5_000;
/** As the controller of Kubernetes makes them. */
const ENDPOINTS_PER_SLICE = 100;
const POLL_MS = 10;
const SLICES = ENDPOINTS / ENDPOINTS_PER_SLICE;
const CHANGE_MS_MAX = 120_000;
/** What a slow proxy needs for all of them: after that the changes so far are enough. */
const CHANGES_MS_MAX = 120_000;
/** Its endpoints have the addresses of Services far behind all others. */
const FIRST_ADDRESS = 100_000;

/** What was measured. */
export interface BigServiceResult extends Spread {
  readonly changes: number;
  /** Null for a proxy that does not count them. */
  readonly messages: number | null;
}

/** Runs it. */
export async function bigService(subject: Subject, task: NodeTask): Promise<BigServiceResult> {
  const number = task.size.services;
  const changes = await Changes.open(task, CHANGE_MS_MAX);
  const eye = await KernelEye.open();
  try {
    await changes.api.put(serviceObject(number));
    for (let slice = 0; slice < SLICES; slice++) {
      await changes.api.put(sliceOf(number, slice, ENDPOINTS_PER_SLICE - 1));
    }
    subject.start();
    await mustSync(subject);
    const key = { protocol: "tcp", address: serviceAddress(number), port: 80 } as const;
    await eye.untilDestinations(key, ENDPOINTS - SLICES, CHANGE_MS_MAX);
    const isOurs = subject.passesMs() !== undefined;
    await sleep(SETTLE_MS);
    const before = isOurs ? await ipvsMessages() : null;
    const times: number[] = [];
    const endMs = performance.now() + CHANGES_MS_MAX;
    for (let slice = 0; slice < SLICES && performance.now() < endMs; slice++) {
      const passes = subject.passesMs()?.length ?? 0;
      await changes.put(sliceOf(number, slice, ENDPOINTS_PER_SLICE));
      const [answeredMs, startMs] = [Date.now(), performance.now()];
      const endedMs = isOurs ? await nextPass(subject, passes) : Number.NaN;
      const count = ENDPOINTS - SLICES + slice + 1;
      const seenMs = await eye.untilDestinations(key, count, CHANGE_MS_MAX);
      times.push(isOurs ? Math.max(0, endedMs - answeredMs) : seenMs - startMs);
    }
    const messages = before === null ? null : (await ipvsMessages()) - before;
    return { ...spread(times), changes: times.length, messages };
  } finally {
    // The runs after this one have the same API server.
    for (let slice = 0; slice < SLICES; slice++)
      await changes.api.remove(sliceOf(number, slice, 1));
    await changes.api.remove(serviceObject(number));
    await changes.close();
    eye.close();
  }
}

/** By the agent's log: looking at 5,000 destinations in the kernel takes longer than what is measured. */
async function nextPass(subject: Subject, passes: number): Promise<number> {
  const startMs = performance.now();
  while (performance.now() - startMs < CHANGE_MS_MAX) {
    const endedMs = subject.passesMs()?.[passes];
    if (endedMs !== undefined) return endedMs;
    await sleep(POLL_MS);
  }
  throw new Error(`no pass within ${CHANGE_MS_MAX} ms`);
}

function sliceOf(service: number, slice: number, endpoints: number): V1EndpointSlice {
  const object = sliceObject(service, { endpointsPerService: endpoints });
  const first = slice * ENDPOINTS_PER_SLICE;
  return {
    ...object,
    metadata: { ...object.metadata, name: `service-${service}-${slice + 1}` },
    endpoints: object.endpoints.map((endpoint, index) => ({
      ...endpoint,
      addresses: [endpointAddress(FIRST_ADDRESS + ((first + index) >> 4), (first + index) & 15)],
    })),
  };
}
