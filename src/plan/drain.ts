/**
 * When a draining destination may go. Pure.
 *
 *            wanted                     not wanted
 *   absent ---------> weight 1 ------------------------> weight 0 (draining)
 *      ^                  ^           wanted again            |
 *      |                  +-----------------------------------+
 *      +--- no connections left, or the deadline has passed --+
 */

/** What was seen of a draining destination. */
export interface DrainObservation {
  readonly activeConnections: number;
  /** Closing ones too: a half-closed connection may still carry the whole answer. */
  readonly inactiveConnections: number;
  /** Kubernetes still lists the endpoint: its pod runs, and ends in its own time. */
  readonly lingering: boolean;
  /** When it was first seen neither wanted nor listed; any number while it lingers. */
  readonly sinceMs: number;
  readonly nowMs: number;
  readonly drainTimeoutMs: number;
}

/** `delete` when nothing is left to keep, or when the deadline since it left the lists has passed. */
export function drainStep(seen: DrainObservation): "keep" | "delete" {
  if (seen.activeConnections + seen.inactiveConnections === 0) return "delete";
  if (seen.lingering) return "keep";
  return seen.nowMs - seen.sinceMs >= seen.drainTimeoutMs ? "delete" : "keep";
}
