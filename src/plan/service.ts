/** One Service in, one plan out: its virtual services, addresses and findings. Pure, and cannot fail. */
import { parseDuration } from "../base/duration.ts";
import { type Family, familyOf } from "../model/address.ts";
import type { EndpointSlice, NodeView, Service } from "../model/cluster.ts";
import type { Range } from "../model/range.ts";
import type { SchedulerChoice, SchedulerName } from "../model/scheduler.ts";
import type { Persistence, ServiceKey } from "../model/virtual-service.ts";
import { annotationField, DRAIN_ANNOTATION, findAnnotation, quoted } from "./annotations.ts";
import { frontendsOf } from "./frontends.ts";
import { healthCheckOf } from "./health-check.ts";
import { PlanDraft } from "./plan-draft.ts";
import { planPort } from "./port.ts";
import type { ServicePlan } from "./service-plan.ts";
import { sourceRangesOf } from "./source-ranges.ts";
import { unknownAnnotations } from "./unknown-annotations.ts";

/** What holds for every Service that says nothing else. */
export interface PlanOptions {
  readonly defaultScheduler: SchedulerChoice;
  readonly drainTimeoutMs: number;
  /** `spec.externalIPs` outside of these are refused; empty: all are allowed. */
  readonly externalRanges: readonly Range[];
}

/** All that a plan depends on. */
export interface PlanInput {
  readonly service: Service;
  /** Its slices, in any order. */
  readonly slices: readonly EndpointSlice[];
  readonly node: NodeView;
  readonly options: PlanOptions;
  /** False when the kernel is known not to have it. */
  readonly hasScheduler: (name: SchedulerName) => boolean;
  /** What stays when an annotation is no good; undefined for a new virtual service. */
  readonly lastGood: (key: ServiceKey) => SchedulerChoice | undefined;
  /** The firewall mark of a name (of a Service and port): never the same for two names that are in use. */
  readonly markOf: (name: string) => number;
  /** The same where the kernel has a virtual service of it, which may have connections; else undefined. */
  readonly heldMarkOf: (name: string, family: Family) => number | undefined;
}

/** Labels that hide a Service, or a slice, from every proxy that is not named in them. */
const HIDING_LABELS = [
  "service.kubernetes.io/service-proxy-name",
  "service.kubernetes.io/headless",
] as const;

/** Plans one Service. */
export function planService(input: PlanInput): ServicePlan {
  const { service, node, options } = input;
  const draft = new PlanDraft(service);
  const isHeadless = service.clusterAddresses.length === 0;
  if (isHidden(service.labels) || service.type === "ExternalName" || isHeadless) {
    return draft.plan();
  }
  const slices = visibleSlices(input);
  const drainTimeoutMs = drainTimeout(input, draft);
  const { externalRanges } = options;
  const frontends = frontendsOf(service, {
    node,
    externalRanges,
    note: (finding) => draft.note(finding),
  });
  for (const clusterAddress of service.clusterAddresses) {
    const family = familyOf(clusterAddress);
    const persistence = persistenceOf(service, family);
    const sources = sourceRangesOf(service, family, node);
    const context = { input, slices, drainTimeoutMs, frontends, family, persistence, sources };
    for (const port of service.ports) planPort(draft, { ...context, clusterAddress, port });
  }
  if (service.ports.length > 0) draft.addresses = frontends.bound;
  draft.healthCheck = healthCheckOf(service, slices, node);
  for (const finding of unknownAnnotations(service)) draft.note(finding);
  return draft.plan();
}

function isHidden(labels: Readonly<Record<string, string>>): boolean {
  for (const label of HIDING_LABELS) if (Object.hasOwn(labels, label)) return true;
  return false;
}

/** By name, so that the plan does not depend on the order in which they came. */
function visibleSlices({ slices }: PlanInput): readonly EndpointSlice[] {
  const visible = slices.filter(({ labels }) => !isHidden(labels));
  return visible.length < 2 ? visible : visible.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Client affinity, by single addresses; each virtual service remembers its clients for itself. */
function persistenceOf({ affinityTimeoutS }: Service, family: Family): Persistence | undefined {
  if (affinityTimeoutS === 0) return undefined;
  return { timeoutS: affinityTimeoutS, prefixLength: family === "ipv4" ? 32 : 128, engine: "" };
}

function drainTimeout({ service, options }: PlanInput, draft: PlanDraft): number {
  const found = findAnnotation(service.annotations, [DRAIN_ANNOTATION]);
  if (!found) return options.drainTimeoutMs;
  const ms = parseDuration(found.value);
  if (ms !== undefined) return ms;
  draft.note({
    severity: "warning",
    reason: "bad-drain-timeout",
    service: service.name,
    field: annotationField(found.name),
    message:
      `${quoted(found.value)} is no duration: write it like 30s, 5m or 1h30m, or 0 to cut at once. ` +
      `${options.drainTimeoutMs / 1_000}s, the default, is in force.`,
  });
  return options.drainTimeoutMs;
}
