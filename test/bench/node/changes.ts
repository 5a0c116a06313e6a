/** Single changes of endpoints through the API server, and when the kernel has each. */
import type { V1EndpointSlice } from "@kubernetes/client-node";
import { resourcePath } from "../../lab/api-paths.ts";
import { ApiRequests } from "../../lab/api-requests.ts";
import { type ClusterSize, serviceAddress } from "../cluster.ts";
import { sliceObject } from "../cluster-objects.ts";
import { KernelEye } from "./kernel-eye.ts";
import type { NodeTask } from "./node-task.ts";

/** Far apart from each other. */
const STRIDE = 7_919;
/** Requests at a time that put back what was changed. */
const RESTORERS = 4;

/** What is needed of a {@link KernelEye}. */
export type DestinationEye = Pick<KernelEye, "taking" | "untilDestinations" | "close">;

/** What is needed of the API server. */
export type ChangesApi = Pick<ApiRequests, "ask" | "put" | "remove" | "close">;

/** Changes one Service after the other, each of which has the endpoints of its size at first. */
export class Changes {
  readonly api: ChangesApi;
  readonly #size: ClusterSize;
  readonly #eye: DestinationEye;
  readonly #msMax: number;
  /** Services with one endpoint more than the store has by its size. */
  readonly #grown = new Set<number>();
  #next = 0;

  constructor(api: ChangesApi, size: ClusterSize, eye: DestinationEye, msMax: number) {
    this.api = api;
    this.#size = size;
    this.#eye = eye;
    this.#msMax = msMax;
  }

  /** `msMax`: the longest that one may take. */
  static async open({ server, size }: NodeTask, msMax: number): Promise<Changes> {
    const api = new ApiRequests(server.url, server.authority);
    return new Changes(api, size, await KernelEye.open(), msMax);
  }

  /** The next Service's number, of the first `among`. */
  next(among = this.#size.services): number {
    this.#next += 1;
    return (this.#next * STRIDE) % among;
  }

  /** One endpoint more or less; returns when the server has answered. */
  async change(service: number): Promise<void> {
    const isGrown = this.#grown.has(service);
    // Said first: one that fails is put back, whether the server has it or not.
    this.#grown.add(service);
    await this.put(sliceObject(service, { endpointsPerService: this.#countAfter(isGrown) }));
    if (isGrown) this.#grown.delete(service);
  }

  /** From the answer of the API server to the kernel, in milliseconds. */
  async timed(service: number): Promise<number> {
    const key = { protocol: "tcp", address: serviceAddress(service), port: 80 } as const;
    const count = this.#countAfter(this.#grown.has(service));
    // It would be there before the change, and the time of nothing would be taken.
    if ((await this.#eye.taking(key)) === count) {
      throw new Error(`service ${service} has ${count} destinations before its change`);
    }
    await this.change(service);
    const answeredMs = performance.now();
    const arrivedMs = await this.#eye.untilDestinations(key, count, this.#msMax);
    return arrivedMs - answeredMs;
  }

  /** Puts a slice that is there. */
  async put(slice: V1EndpointSlice): Promise<void> {
    const path = resourcePath(slice);
    const { status, body } = await this.api.ask("PUT", path, { body: slice });
    if (status !== 200) throw new Error(`PUT ${path}: ${status} ${JSON.stringify(body)}`);
  }

  /** Puts back every Service that has grown: the runs after this one have the same API server. */
  async close(): Promise<void> {
    const left = [...this.#grown].values();
    const work = async (): Promise<void> => {
      for (const service of left) await this.put(sliceObject(service, this.#size));
    };
    try {
      await Promise.all(Array.from({ length: RESTORERS }, work));
      this.#grown.clear();
    } finally {
      this.api.close();
      this.#eye.close();
    }
  }

  #countAfter(isGrown: boolean): number {
    return this.#size.endpointsPerService + (isGrown ? 0 : 1);
  }
}
