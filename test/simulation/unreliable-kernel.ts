/**
 * The way of one agent to the fake kernel: calls take their time, fail as a whole, fail half done, and
 * never come back once the agent was killed. One of these for each life of the agent.
 */
import type { Kernel } from "../../src/agent/kernel.ts";
import { NetlinkError } from "../../src/netlink/errors.ts";
import type { FakeKernel } from "../fakes/fake-kernel.ts";
import type { ManualClock } from "../fakes/manual-clock.ts";
import type { Random } from "./random.ts";

const ENOBUFS = 105;

const AT_ONCE: readonly string[] = ["configure", "onForeignChange", "onChange", "close"];

/** How bad it is now, in percent of the calls or operations. */
export interface Trouble {
  failedCalls: number;
  slowCalls: number;
  /** Calls that end in the middle of their operations. */
  cutCalls: number;
  refusedOperations: number;
}

/** No trouble at all. */
export function noTrouble(): Trouble {
  return { failedCalls: 0, slowCalls: 0, cutCalls: 0, refusedOperations: 0 };
}

/** Each kind of trouble by itself: none, or a little, or much of it. */
export function randomTrouble(random: Random): Trouble {
  const percent = (): number => (random.chance(50) ? 0 : random.pick([5, 30, 90]));
  return {
    failedCalls: percent(),
    slowCalls: percent(),
    cutCalls: Math.min(percent(), 30),
    refusedOperations: percent(),
  };
}

/** Made of what it shares with the other lives. */
export class UnreliableKernel implements Kernel {
  readonly ipvs: Kernel["ipvs"];
  readonly link: Kernel["link"];
  readonly filter: Kernel["filter"];
  readonly conntrack: Kernel["conntrack"];
  readonly nodeAddresses: Kernel["nodeAddresses"];
  /** Set: no call of this life comes back. */
  isDead = false;
  readonly #clock: ManualClock;
  readonly #random: Random;
  readonly #trouble: Trouble;

  constructor(
    kernel: FakeKernel,
    shared: { clock: ManualClock; random: Random; trouble: Trouble },
  ) {
    this.#clock = shared.clock;
    this.#random = shared.random;
    this.#trouble = shared.trouble;
    this.ipvs = this.#between(kernel.ipvs);
    this.link = this.#between(kernel.link);
    this.filter = this.#between(kernel.filter);
    this.conntrack = this.#between(kernel.conntrack);
    this.nodeAddresses = this.#between(kernel.nodeAddresses);
  }

  /** True when the operation now at the kernel is the last one of its call. */
  cutsHere(): boolean {
    return this.isDead || this.#random.chance(this.#trouble.cutCalls);
  }

  #between<T extends object>(client: T): T {
    return new Proxy(client, {
      get: (target, name) => {
        const method: unknown = Reflect.get(target, name);
        if (typeof method !== "function") return method;
        // These answer at once: they only note something, and cannot fail.
        if (AT_ONCE.includes(String(name))) return method.bind(target);
        return (...values: readonly unknown[]) =>
          this.#call(String(name), () => Reflect.apply(method, target, values));
      },
    });
  }

  async #call(name: string, call: () => unknown): Promise<unknown> {
    if (this.#random.chance(this.#trouble.slowCalls)) {
      await this.#clock.sleep(this.#random.pick([1, 20, 1_500]));
    }
    if (this.isDead) return NEVER;
    if (this.#random.chance(this.#trouble.failedCalls)) throw new NetlinkError(name, ENOBUFS);
    const answer = await call();
    return this.isDead ? NEVER : answer;
  }
}

const NEVER = new Promise<never>(() => {});
