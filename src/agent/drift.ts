/** Differences between what was written and what the kernel holds, and the log line about them. */
import type { Logger } from "pino";
import type { DriftKind } from "../observe/agent-metrics.ts";
import type { AgentObserver } from "../observe/agent-observer.ts";

/** One difference between what was written and what is there. */
export interface Drift {
  readonly kind: DriftKind;
  /** A service id, an address, or the id of a packet filter object. */
  readonly subject: string;
  readonly what: string;
}

/** Differences that one log line names; the rest is only counted. */
const DRIFT_LOGGED_MAX = 10;

/** Says and counts what a step found. */
export function noteDrift(
  drift: readonly Drift[],
  { log, observer }: { readonly log: Logger; readonly observer: AgentObserver },
): void {
  if (drift.length === 0) return;
  log.warn(
    { drift: drift.slice(0, DRIFT_LOGGED_MAX), total: drift.length },
    "the kernel differed from what was written; repairing",
  );
  for (const { kind } of drift) observer.drifted(kind, 1);
}
