/** Says each finding once when it appears and once when it is gone; `status` shows what stands. */
import type { Logger } from "pino";
import type { ObjectName } from "../model/cluster.ts";
import type { Finding } from "../model/finding.ts";
import type { AgentObserver } from "../observe/agent-observer.ts";
import type { PlanIndex } from "../plan/index-of-plans.ts";

/** The findings that were said. */
export class FindingsLog {
  readonly #said = new Map<ObjectName, readonly Finding[]>();
  /** Only a conflict comes and goes with another Service's plan. */
  readonly #inConflict = new Set<ObjectName>();
  readonly #index: PlanIndex;
  readonly #log: Logger;
  readonly #observer: AgentObserver;

  constructor(index: PlanIndex, log: Logger, observer: AgentObserver) {
    this.#index = index;
    this.#log = log;
    this.#observer = observer;
  }

  /** Compares the findings of `names` with what was said of them. */
  report(names: Iterable<ObjectName>): void {
    const concerned = new Set([...names, ...this.#index.losers(), ...this.#inConflict]);
    for (const name of concerned) this.#reportOne(name);
  }

  #reportOne(name: ObjectName): void {
    const before = this.#said.get(name) ?? [];
    const now = this.#index.findings(name);
    if (before.length === 0 && now.length === 0) return;
    for (const finding of now) {
      if (!before.some((said) => said.message === finding.message)) this.#say(finding);
    }
    const because = this.#index.plan(name) ? "mended" : "service-deleted";
    for (const finding of before) {
      if (now.some((stands) => stands.message === finding.message)) continue;
      const { service, field, reason } = finding;
      this.#log.info({ service, field, reason }, "no longer so: a finding is gone");
      this.#observer.findingGone(finding, because);
    }
    if (now.length > 0) this.#said.set(name, now);
    else this.#said.delete(name);
    if (now.some(({ reason }) => reason === "conflict")) this.#inConflict.add(name);
    else this.#inConflict.delete(name);
  }

  #say(finding: Finding): void {
    const { severity, service, field, reason, message } = finding;
    this.#observer.findingAppeared(finding);
    // A Service without endpoints, or a field that waits for a later version, is no alarm.
    this.#log[severity === "warning" ? "warn" : "debug"]({ service, field, reason }, message);
  }
}
