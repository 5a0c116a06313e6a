/** Sees changes arrive in the kernel of this network namespace, by asking it again and again. */
import { setTimeout as sleep } from "node:timers/promises";
import { openIpvs } from "../../../src/ipvs/client.ts";
import type { Ipvs } from "../../../src/ipvs/ipvs.ts";
import type { ServiceKey } from "../../../src/model/virtual-service.ts";

/** Between two questions: each costs the guest's one processor half a millisecond. */
const POLL_MS = 2;

/** One eye. */
export class KernelEye {
  readonly #ipvs: Ipvs;

  private constructor(ipvs: Ipvs) {
    this.#ipvs = ipvs;
  }

  /** Opens it. */
  static async open(): Promise<KernelEye> {
    return new KernelEye(await openIpvs());
  }

  /** How many destinations of the virtual service take connections; undefined where there is none. */
  async taking(key: ServiceKey): Promise<number | undefined> {
    const [found] = await this.#ipvs.destinations([key]);
    return found?.filter(({ weight }) => weight > 0).length;
  }

  /**
   * Returns, with the time, when so many destinations of the virtual service take connections: one that
   * drains has weight 0, and stays a while. Rejects after `msMax`.
   */
  async untilDestinations(key: ServiceKey, count: number, msMax: number): Promise<number> {
    const startMs = performance.now();
    for (;;) {
      const taking = await this.taking(key);
      const nowMs = performance.now();
      if (taking === count) return nowMs;
      if (nowMs - startMs > msMax) {
        throw new Error(`${taking} destinations instead of ${count} after ${msMax} ms`);
      }
      await sleep(POLL_MS);
    }
  }

  close(): void {
    this.#ipvs.close();
  }
}
