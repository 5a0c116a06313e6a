/** Differences between what was written and what the kernel holds: told, counted, and put right by the pass. */
import type { Logger } from "pino";
import type { DriftKind } from "../observe/agent-metrics.ts";
import type { AgentObserver } from "../observe/agent-observer.ts";
import type { DirtyKeys } from "../plan/diff.ts";
import type { PlanIndex } from "../plan/index-of-plans.ts";

/** One difference between what was written and what is there. */
export interface Drift {
  readonly kind: DriftKind;
  /** A service id, an address, or the id of a packet filter object. */
  readonly subject: string;
  readonly what: string;
}

/** Differences that one log line names; the rest is only counted. */
const DRIFT_LOGGED_MAX = 10;

/** What a look at the kernel found: the keys are for the diff to look at. */
export interface Found {
  readonly drift: readonly Drift[];
  readonly dirty: DirtyKeys;
}

/** Says and counts what was found, and has this pass look at it. */
export function repair(
  { drift, dirty }: Found,
  options: {
    readonly index: Pick<PlanIndex, "markDirty">;
    readonly log: Logger;
    readonly observer: AgentObserver;
  },
): void {
  const { index, log, observer } = options;
  index.markDirty(dirty);
  if (drift.length === 0) return;
  log.warn(
    { drift: drift.slice(0, DRIFT_LOGGED_MAX), total: drift.length },
    "the kernel differed from what was written; repairing",
  );
  for (const { kind } of drift) observer.drifted(kind, 1);
}
