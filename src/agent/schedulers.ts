/**
 * Which schedulers this kernel has: asked once for each name that somebody wants, remembered, and
 * asked again after a while where the answer was no, since a module can be installed later.
 */
import type { Clock } from "../base/clock.ts";
import type { Ipvs } from "../ipvs/ipvs.ts";
import type { SchedulerName } from "../model/scheduler.ts";

/** How long a "no" is believed. Each question logs a line in the kernel, so not too short. */
export const MISSING_BELIEVED_MS = 60_000;

/** What is known of one scheduler. `unknown`: the kernel gives no way to ask; taken as present. */
export type SchedulerSupport = "present" | "missing" | "unknown";

/** The kernel's schedulers, as far as anybody wanted one. */
export class Schedulers {
  readonly #ipvs: Ipvs;
  readonly #clock: Clock;
  readonly #known = new Map<SchedulerName, { support: SchedulerSupport; askedMs: number }>();
  /** Found again and not told yet: a later question of the same round may fail. */
  readonly #found = new Set<SchedulerName>();

  constructor(ipvs: Ipvs, clock: Clock) {
    this.#ipvs = ipvs;
    this.#clock = clock;
  }

  /** Asks the kernel about those of `names` that were never asked for. */
  async learn(names: Iterable<SchedulerName>): Promise<void> {
    for (const name of new Set(names)) {
      if (!this.#known.has(name)) await this.#ask(name);
    }
  }

  /** Asks again about what was missing long enough ago; returns those that are there now. */
  async relearn(): Promise<readonly SchedulerName[]> {
    for (const [name, { support, askedMs }] of this.#known) {
      const due = support === "missing" && this.#clock.nowMs() - askedMs >= MISSING_BELIEVED_MS;
      if (due && (await this.#ask(name)) !== "missing") this.#found.add(name);
    }
    const found = [...this.#found];
    this.#found.clear();
    return found;
  }

  /** False only when the kernel said that it has no such scheduler. */
  has(name: SchedulerName): boolean {
    return this.#known.get(name)?.support !== "missing";
  }

  /** A refusal showed that it is missing, where there was no way to ask. */
  isMissing(name: SchedulerName): void {
    this.#known.set(name, { support: "missing", askedMs: this.#clock.nowMs() });
  }

  /** All that is known, for `status`. */
  known(): Record<string, SchedulerSupport> {
    return Object.fromEntries([...this.#known].map(([name, { support }]) => [name, support]));
  }

  async #ask(name: SchedulerName): Promise<SchedulerSupport> {
    const answer = await this.#ipvs.hasScheduler(name);
    const support = answer === undefined ? "unknown" : answer ? "present" : "missing";
    this.#known.set(name, { support, askedMs: this.#clock.nowMs() });
    return support;
  }
}
