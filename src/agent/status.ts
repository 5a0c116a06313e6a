/** What the agent knows about itself, as plain JSON for `kube-ipvs status`. Reads only. */
import type { ClusterSource, SourceProblem } from "../kube/change.ts";
import type { Finding } from "../model/finding.ts";
import { isLeaving, type PlannedService } from "../plan/service-plan.ts";
import type { Passes, PassResult } from "./passes.ts";
import { subjectText } from "./refusal.ts";
import type { SchedulerSupport } from "./schedulers.ts";
import type { Store } from "./store.ts";

/** One virtual service of a Service. */
export interface VirtualServiceStatus {
  /** Such as `tcp/10.96.0.10:53`. */
  readonly id: string;
  readonly port: string;
  /** What the plan wants; the kernel says what is. */
  readonly scheduler: string;
  /** False when another Service holds the same address, port and protocol. */
  readonly inForce: boolean;
}

/** One Service. */
export interface ServiceStatus {
  readonly name: string;
  readonly virtualServices: readonly VirtualServiceStatus[];
  readonly findings: readonly Finding[];
}

/** One destination that drains. */
export interface DrainStatus {
  readonly service: string;
  readonly destination: string;
  /** Milliseconds until it is removed with whatever it has; null while its pod is still listed. */
  readonly removedInMs: number | null;
}

/** One refusal that stands. */
export interface FailureStatus {
  readonly subject: string;
  readonly operation: string;
  readonly code: string;
  readonly message: string;
  readonly attempts: number;
  readonly retryInMs: number;
}

/** The whole status. */
export interface AgentStatus {
  readonly node: string;
  readonly startedAt: string;
  readonly picture: "none" | "partial" | "complete";
  readonly passes: number;
  readonly lastPass: { readonly applied: number; readonly tookMs: number } | null;
  readonly schedulers: Readonly<Record<string, SchedulerSupport>>;
  readonly problems: readonly SourceProblem[];
  readonly failures: readonly FailureStatus[];
  readonly draining: readonly DrainStatus[];
  readonly services: readonly ServiceStatus[];
}

/** What a status is read from. */
export interface StatusSources {
  readonly nodeName: string;
  readonly startedMs: number;
  readonly source: ClusterSource;
  readonly store: Store;
  readonly passes: Passes;
  readonly last: PassResult | undefined;
  readonly nowMs: number;
}

/** The status now. */
export function statusOf(from: StatusSources): AgentStatus {
  const { passes, store, last, nowMs } = from;
  return {
    node: from.nodeName,
    startedAt: new Date(from.startedMs).toISOString(),
    picture: store.picture,
    passes: passes.count,
    lastPass: last ? { applied: last.applied, tookMs: last.tookMs } : null,
    schedulers: passes.schedulers.known(),
    problems: from.source.problems(),
    failures: failureStatuses(passes, nowMs),
    draining: drainStatuses(passes, nowMs),
    services: [...passes.index.names()].sort().map((name) => serviceStatus(passes, name)),
  };
}

function serviceStatus({ index, mirror }: Passes, name: string): ServiceStatus {
  const planned = (index.plan(name)?.virtualServices ?? []).filter(
    (one) => !isLeaving(one) || mirror.entry(one.id) !== undefined,
  );
  const virtualServices = planned.map(({ id, portName, service }: PlannedService) => ({
    id,
    port: portName,
    scheduler: service.settings.scheduler,
    inForce: index.entry(id)?.owner === name,
  }));
  return { name, virtualServices, findings: index.findings(name) };
}

function drainStatuses({ drainer }: Passes, nowMs: number): DrainStatus[] {
  return drainer.all().map(({ service, destination, goneSinceMs, drainTimeoutMs }) => ({
    service,
    destination,
    removedInMs:
      goneSinceMs === undefined ? null : Math.max(0, goneSinceMs + drainTimeoutMs - nowMs),
  }));
}

function failureStatuses({ failures }: Passes, nowMs: number): FailureStatus[] {
  return failures.all().map(({ subject, operation, code, message, attempts, retryAtMs }) => ({
    subject: subjectText(subject),
    operation,
    code,
    message,
    attempts,
    retryInMs: Math.max(0, retryAtMs - nowMs),
  }));
}
