/** Sees changes arrive in the kernel of this network namespace, by asking it again and again. */
import { setTimeout as sleep } from "node:timers/promises";
import { openIpvs } from "../../../src/ipvs/client.ts";
import type { Ipvs } from "../../../src/ipvs/ipvs.ts";
import type { ServiceKey } from "../../../src/model/virtual-service.ts";

/** Between two questions: each costs the guest's one processor half a millisecond. */
const POLL_MS = 2;
/**
 * So many times as long as a question took of the processor, the next one waits: most of it is for others. Of the
 * processor, for the kernel answers late while it is busy with others, and that is no reason to look away.
 */
const PAUSES_PER_QUESTION = 4;
const US_PER_MS = 1_000;

/** Something that is waited for. */
interface Wait {
  readonly key: ServiceKey;
  readonly isSo: (taking: number | undefined) => boolean;
  readonly lateMs: number;
  readonly resolve: (arrivedMs: number) => void;
  readonly reject: (err: Error) => void;
}

/** One eye. What is waited for at the same time is asked for in one question. */
export class KernelEye {
  readonly #ipvs: Pick<Ipvs, "destinations" | "close">;
  readonly #pollMs: number;
  readonly #waits = new Set<Wait>();
  #isLooking = false;

  constructor(ipvs: Pick<Ipvs, "destinations" | "close">, pollMs = POLL_MS) {
    this.#ipvs = ipvs;
    this.#pollMs = pollMs;
  }

  /** Opens it; it asks every `pollMs` at most. */
  static async open(pollMs = POLL_MS): Promise<KernelEye> {
    return new KernelEye(await openIpvs(), pollMs);
  }

  /**
   * How many destinations of the virtual service take connections: one that drains has weight 0, and stays a
   * while. Undefined where there is no such service.
   */
  async taking(key: ServiceKey): Promise<number | undefined> {
    const [taking] = await this.#takingOf([key]);
    return taking;
  }

  /** Returns, with the time, when exactly so many take connections. Rejects after `msMax`. */
  untilDestinations(key: ServiceKey, count: number, msMax: number): Promise<number> {
    return this.until(key, (taking) => taking === count, msMax);
  }

  /** The same for any condition of {@link taking}. */
  until(key: ServiceKey, isSo: Wait["isSo"], msMax: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#waits.add({ key, isSo, lateMs: performance.now() + msMax, resolve, reject });
      if (!this.#isLooking) void this.#look();
    });
  }

  close(): void {
    this.#ipvs.close();
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    while (this.#waits.size > 0) {
      const before = process.cpuUsage();
      try {
        await this.#ask([...this.#waits]);
      } catch (err) {
        for (const { reject } of this.#waits) reject(err as Error);
        this.#waits.clear();
      }
      const { user, system } = process.cpuUsage(before);
      const tookMs = (user + system) / US_PER_MS;
      await sleep(Math.max(this.#pollMs, tookMs * PAUSES_PER_QUESTION));
    }
    this.#isLooking = false;
  }

  async #ask(waits: readonly Wait[]): Promise<void> {
    const found = await this.#takingOf(waits.map(({ key }) => key));
    const nowMs = performance.now();
    for (const [index, wait] of waits.entries()) {
      const taking = found[index];
      const isSo = wait.isSo(taking);
      if (!isSo && nowMs < wait.lateMs) continue;
      this.#waits.delete(wait);
      if (isSo) wait.resolve(nowMs);
      else wait.reject(new Error(`${taking} destinations after the longest time`));
    }
  }

  async #takingOf(keys: readonly ServiceKey[]): Promise<(number | undefined)[]> {
    const found = await this.#ipvs.destinations(keys);
    return found.map((list) => list?.filter(({ weight }) => weight > 0).length);
  }
}
