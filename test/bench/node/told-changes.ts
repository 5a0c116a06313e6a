/** Changes of endpoints that a server of ours tells of; how soon the kernel has each. */
import { serviceAddress } from "../cluster.ts";
import { sliceObject } from "../cluster-objects.ts";
import type { EventServer } from "./event-server.ts";
import type { KernelEye } from "./kernel-eye.ts";

const PROBE_MS_MAX = 120_000;
/** Services that are far apart from each other. */
const STRIDE = 7_919;

/** Of the Services from number `first` on, `among` of them. */
export interface ToldRange {
  readonly first: number;
  readonly among: number;
}

/** Changes one Service after the other. */
export class ToldChanges {
  readonly #server: Pick<EventServer, "send">;
  readonly #endpointsPerService: number;
  /** Endpoints of those that were changed. */
  readonly #counts = new Map<number, number>();

  constructor(server: Pick<EventServer, "send">, endpointsPerService: number) {
    this.#server = server;
    this.#endpointsPerService = endpointsPerService;
  }

  /** The number of the `index`-th Service that is changed. */
  static service(index: number, { first, among }: ToldRange): number {
    return first + ((index * STRIDE) % among);
  }

  /** One endpoint more, and the next time one less. */
  toggle(service: number): void {
    const before = this.#counts.get(service) ?? this.#endpointsPerService;
    this.#send(service, before === this.#endpointsPerService ? before + 1 : before - 1);
  }

  /**
   * Probes of a schedule: each adds one endpoint to the next Service of the range, and finds how long after
   * its due time the kernel has it, or what was told after it.
   */
  probe(eye: Pick<KernelEye, "until">, range: ToldRange): (dueMs: number) => Promise<number> {
    let index = 0;
    return async (dueMs) => {
      const service = ToldChanges.service(index, range);
      index += 1;
      const count = (this.#counts.get(service) ?? this.#endpointsPerService) + 1;
      this.#send(service, count);
      const key = { protocol: "tcp", address: serviceAddress(service), port: 80 } as const;
      const has = (taking = 0): boolean => taking >= count;
      return (await eye.until(key, has, PROBE_MS_MAX)) - dueMs;
    };
  }

  #send(service: number, count: number): void {
    this.#counts.set(service, count);
    const object = sliceObject(service, { endpointsPerService: count });
    this.#server.send([{ type: "MODIFIED", object }]);
  }
}
