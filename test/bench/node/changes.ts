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

/** Changes one Service after the other. */
export class Changes {
  readonly api: ApiRequests;
  readonly #size: ClusterSize;
  readonly #eye: KernelEye;
  readonly #msMax: number;
  /** Endpoints of those that were changed. */
  readonly #counts = new Map<number, number>();
  #next = 0;

  private constructor({ server, size }: NodeTask, eye: KernelEye, msMax: number) {
    this.api = new ApiRequests(server.url, server.authority);
    this.#size = size;
    this.#eye = eye;
    this.#msMax = msMax;
  }

  /** `msMax`: the longest that one may take. */
  static async open(task: NodeTask, msMax: number): Promise<Changes> {
    return new Changes(task, await KernelEye.open(), msMax);
  }

  /** The next Service's number, of the first `among`. */
  next(among = this.#size.services): number {
    this.#next += 1;
    return (this.#next * STRIDE) % among;
  }

  /** One endpoint more or less; returns when the server has answered. */
  async change(service: number): Promise<number> {
    const { endpointsPerService } = this.#size;
    const before = this.#counts.get(service) ?? endpointsPerService;
    const count = before === endpointsPerService ? before + 1 : endpointsPerService;
    await this.put(sliceObject(service, { endpointsPerService: count }));
    this.#counts.set(service, count);
    return count;
  }

  /** From the answer of the API server to the kernel, in milliseconds. */
  async timed(service: number): Promise<number> {
    const count = await this.change(service);
    const answeredMs = performance.now();
    const key = { protocol: "tcp", address: serviceAddress(service), port: 80 } as const;
    const arrivedMs = await this.#eye.untilDestinations(key, count, this.#msMax);
    return arrivedMs - answeredMs;
  }

  /** Puts a slice that is there. */
  async put(slice: V1EndpointSlice): Promise<void> {
    const path = resourcePath(slice);
    const { status, body } = await this.api.ask("PUT", path, { body: slice });
    if (status !== 200) throw new Error(`PUT ${path}: ${status} ${JSON.stringify(body)}`);
  }

  close(): void {
    this.api.close();
    this.#eye.close();
  }
}
