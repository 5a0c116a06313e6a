/** Says each finding once when it appears and once when it is gone; `status` shows what stands. */
import type { Logger } from "pino";
import type { ObjectName } from "../model/cluster.ts";
import type { Finding } from "../model/finding.ts";
import type { AgentObserver } from "../observe/agent-observer.ts";
import type { PlanIndex } from "../plan/index-of-plans.ts";

/** The findings that were said. */
export class FindingsLog {
  /** By what they say. */
  readonly #said = new Map<ObjectName, ReadonlyMap<string, Finding>>();
  readonly #index: PlanIndex;
  readonly #log: Logger;
  readonly #observer: AgentObserver;

  constructor(index: PlanIndex, log: Logger, observer: AgentObserver) {
    this.#index = index;
    this.#log = log;
    this.#observer = observer;
  }

  /** Compares the findings of `names`, and of those whose conflicts others decided, with what was said. */
  report(names: Iterable<ObjectName>): void {
    const concerned = new Set([...names, ...this.#index.takeReassigned()]);
    for (const name of concerned) this.#reportOne(name);
  }

  #reportOne(name: ObjectName): void {
    const findings = this.#index.findings(name);
    const before = this.#said.get(name) ?? NOTHING_SAID;
    if (before.size === 0 && findings.length === 0) return;
    const now = new Map(findings.map((finding) => [textOf(finding), finding]));
    for (const [text, finding] of now) if (!before.has(text)) this.#say(finding);
    const because = this.#index.plan(name) ? "mended" : "service-deleted";
    for (const [text, finding] of before) {
      if (now.has(text)) continue;
      this.#sayGone(finding);
      this.#observer.findingGone(finding, because);
    }
    if (now.size > 0) this.#said.set(name, now);
    else this.#said.delete(name);
  }

  #sayGone({ severity, service, field, reason }: Finding): void {
    const level = severity === "warning" ? "info" : "debug";
    this.#log[level]({ service, field, reason }, "no longer so: a finding is gone");
  }

  #say(finding: Finding): void {
    const { severity, service, field, reason, message } = finding;
    this.#observer.findingAppeared(finding);
    // A Service without endpoints, or a field that waits for a later version, is no alarm.
    this.#log[severity === "warning" ? "warn" : "debug"]({ service, field, reason }, message);
  }
}

const NOTHING_SAID: ReadonlyMap<string, Finding> = new Map();

function textOf({ field, message }: Finding): string {
  return `${field} ${message}`;
}
