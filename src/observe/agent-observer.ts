/** What the agent tells while it works, in one place: metrics, health and Events are made of it. */
import type { Clock } from "../base/clock.ts";
import type { Family } from "../model/address.ts";
import type { Finding } from "../model/finding.ts";
import type { DriftKind, OperationCount, PassOutcome } from "./agent-metrics.ts";
import type { FindingEvents, GoneBecause } from "./finding-events.ts";
import type { Metrics } from "./metrics.ts";
import type { NodeState, ProxyHealth } from "./proxy-health.ts";

/** What one pass did. */
export interface PassReport {
  /** `partly`: the kernel refused some of it, which touches single Services; the rest is in force. */
  readonly outcome: PassOutcome;
  readonly tookMs: number;
  /** Each kind and result once; what did not occur may be left out. */
  readonly operations: readonly OperationCount[];
}

/** Told by the agent; returns at once and never throws. */
export interface AgentObserver {
  /** Objects changed: so many Services and EndpointSlices. */
  changed(counts: { readonly services: number; readonly slices: number }): void;
  /** A pass is asked for because something changed (not because a timer is due). */
  passQueued(): void;
  /** A pass begins with all that changed so far. */
  passBegun(): void;
  /** It ended; `failed`: nothing is known of what it wrote, and it will be repeated. */
  passEnded(report: PassReport): void;
  /** What a changed EndpointSlice says is in force, so long after its trigger time. */
  programmed(family: Family, latencyMs: number): void;
  findingAppeared(finding: Finding): void;
  findingGone(finding: Finding, because: GoneBecause): void;
  /** The audit found what differs from what was written; the next pass repairs it. */
  drifted(kind: DriftKind, count: number): void;
  /** UDP flows were forgotten. */
  flowsForgotten(family: Family, tookMs: number, entries: number): void;
  /** So many chains and IP sets of kube-proxy stay on this node. */
  leftovers(count: number): void;
  /** This node's Node as it is now; undefined when there is none. */
  nodeSeen(node: NodeState | undefined): void;
}

/** Nobody listens. */
export const NO_OBSERVER: AgentObserver = {
  changed: () => {},
  passQueued: () => {},
  passBegun: () => {},
  passEnded: () => {},
  programmed: () => {},
  findingAppeared: () => {},
  findingGone: () => {},
  drifted: () => {},
  flowsForgotten: () => {},
  leftovers: () => {},
  nodeSeen: () => {},
};

/** Hands on what the agent tells. */
export function createAgentObserver(to: {
  readonly metrics: Metrics;
  readonly health: ProxyHealth;
  readonly findingEvents: FindingEvents;
  readonly clock: Clock;
}): AgentObserver {
  const { metrics, health, findingEvents, clock } = to;
  return {
    changed: ({ services, slices }) => metrics.proxy.changed(services, slices),
    passQueued: () => {
      metrics.proxy.queued(clock.wallMs());
      health.queued();
    },
    passBegun: () => {
      metrics.proxy.begun();
      health.begun();
    },
    passEnded: ({ outcome, tookMs, operations }) => {
      const isDone = outcome !== "failed";
      metrics.agent.ended(outcome, operations);
      metrics.proxy.ended(tookMs, isDone ? clock.wallMs() : undefined);
      if (operations.some(isRefusedFilter)) metrics.proxy.filterRefused();
      if (isDone) health.updated();
    },
    programmed: (family, latencyMs) => metrics.proxy.programmed(family, latencyMs),
    findingAppeared: (finding) => {
      metrics.agent.found(finding, 1);
      findingEvents.appeared(finding);
    },
    findingGone: (finding, because) => {
      metrics.agent.found(finding, -1);
      findingEvents.gone(finding, because);
    },
    drifted: (kind, count) => metrics.agent.drifted(kind, count),
    flowsForgotten: (family, tookMs, entries) => metrics.proxy.forgot(family, tookMs, entries),
    leftovers: (count) => metrics.agent.left(count),
    nodeSeen: (node) => health.nodeSeen(node),
  };
}

function isRefusedFilter({ kind, result, count }: OperationCount): boolean {
  return result === "refused" && count > 0 && kind.endsWith("-filter");
}
