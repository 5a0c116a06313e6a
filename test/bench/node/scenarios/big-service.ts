/** One Service with thousands of endpoints, to which one comes at a time. */
import type { V1EndpointSlice } from "@kubernetes/client-node";
import { endpointAddress, serviceAddress } from "../../cluster.ts";
import { serviceObject, sliceObject } from "../../cluster-objects.ts";
import { type Spread, spread } from "../../spread.ts";
import { Changes } from "../changes.ts";
import { KernelEye } from "../kernel-eye.ts";
import { ipvsMessages } from "../messages.ts";
import type { NodeTask } from "../node-task.ts";
import type { Subject } from "../subject.ts";

const ENDPOINTS = 5_000;
/** As the controller of Kubernetes makes them. */
const ENDPOINTS_PER_SLICE = 100;
const SLICES = ENDPOINTS / ENDPOINTS_PER_SLICE;
const CHANGE_MS_MAX = 60_000;
/** Its endpoints have the addresses of Services far behind all others. */
const FIRST_ADDRESS = 100_000;

/** What was measured. */
export interface BigServiceResult extends Spread {
  readonly changes: number;
  readonly messages: number;
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
    await subject.synced();
    const key = { protocol: "tcp", address: serviceAddress(number), port: 80 } as const;
    await eye.untilDestinations(key, ENDPOINTS - SLICES, CHANGE_MS_MAX);
    const before = await ipvsMessages();
    const times: number[] = [];
    for (let slice = 0; slice < SLICES; slice++) {
      await changes.put(sliceOf(number, slice, ENDPOINTS_PER_SLICE));
      const answeredMs = performance.now();
      const count = ENDPOINTS - SLICES + slice + 1;
      times.push((await eye.untilDestinations(key, count, CHANGE_MS_MAX)) - answeredMs);
    }
    const messages = (await ipvsMessages()) - before;
    return { ...spread(times), changes: times.length, messages };
  } finally {
    changes.close();
    eye.close();
  }
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
