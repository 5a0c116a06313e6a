/**
 * Which findings users are told as Events on their Service, and when: a warning when it appears and, as
 * Events go away after an hour, again while it stands; and once when it is mended. What is only worth a
 * look stays in the log, in `status` and in the metrics.
 */
import type { Clock } from "../base/clock.ts";
import type { ClusterEvent, EventRecorder } from "../model/cluster-event.ts";
import type { Finding } from "../model/finding.ts";

/** How often a warning that stands is told again: often enough that `kubectl describe` always shows it. */
export const TELL_AGAIN_MS = 1_800_000;

/** Warnings that are told again; further ones are told once. */
export const STANDING_MAX = 1_000;

/** Of these so many are of one Service, so that none silences the others. */
export const STANDING_OF_ONE_SERVICE_MAX = 5;

/** What the agent did with the Service when it found this. */
const ACTION = "ProgramService";

/** Why a finding is no more. */
export type GoneBecause = "mended" | "service-deleted";

/** Tells the findings of Services. */
export class FindingEvents {
  readonly #events: EventRecorder;
  readonly #clock: Clock;
  /** By Service, and what the warning says. */
  readonly #standing = new Map<string, Map<string, ClusterEvent>>();
  #standingCount = 0;

  constructor(events: EventRecorder, clock: Clock) {
    this.#events = events;
    this.#clock = clock;
  }

  /** A finding that was not there before. */
  appeared(finding: Finding): void {
    const event = warningOf(finding);
    if (event === undefined) return;
    this.#events.record(event);
    this.#stand(finding, event);
  }

  /** A finding that is no more. Nothing is told about a Service that is deleted. */
  gone(finding: Finding, because: GoneBecause): void {
    const warning = warningOf(finding);
    if (warning === undefined) return;
    this.#forget(finding);
    if (because !== "mended") return;
    this.#events.record({
      ...warning,
      type: "Normal",
      reason: `${warning.reason}Resolved`,
      note: `No longer so: ${warning.note}`,
    });
  }

  /** Tells what stands again, every so often, until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#clock.sleep(TELL_AGAIN_MS, signal);
      if (signal.aborted) return;
      for (const own of this.#standing.values()) {
        for (const event of own.values()) this.#events.record(event);
      }
    }
  }

  #stand(finding: Finding, event: ClusterEvent): void {
    const own = this.#standing.get(finding.service) ?? new Map<string, ClusterEvent>();
    const isFull = this.#standingCount >= STANDING_MAX || own.size >= STANDING_OF_ONE_SERVICE_MAX;
    if (isFull || own.has(idOf(finding))) return;
    own.set(idOf(finding), event);
    this.#standing.set(finding.service, own);
    this.#standingCount++;
  }

  #forget(finding: Finding): void {
    const own = this.#standing.get(finding.service);
    if (!own?.delete(idOf(finding))) return;
    this.#standingCount--;
    if (own.size === 0) this.#standing.delete(finding.service);
  }
}

/** Undefined for what users need no Event of. */
function warningOf({
  severity,
  reason,
  service,
  field,
  message,
}: Finding): ClusterEvent | undefined {
  if (severity !== "warning") return undefined;
  return {
    regarding: { kind: "Service", name: service },
    type: "Warning",
    reason: camelCase(reason),
    action: ACTION,
    note: field === "" ? message : `${field}: ${message}`,
  };
}

function idOf({ field, message }: Finding): string {
  return `${field} ${message}`;
}

/** `bad-scheduler` -> `BadScheduler`. */
function camelCase(words: string): string {
  return words.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase());
}
