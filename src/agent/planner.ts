/** Plans the Services whose names are given, into the index. Reads store and mirror, asks no one. */

import type { ObjectName } from "../model/cluster.ts";
import type { FindingReason } from "../model/finding.ts";
import { isSchedulerName, type SchedulerChoice } from "../model/scheduler.ts";
import { type ServiceKey, serviceId } from "../model/virtual-service.ts";
import type { FirewallMarks } from "../plan/firewall-marks.ts";
import type { PlanIndex } from "../plan/index-of-plans.ts";
import { requestedSchedulers } from "../plan/scheduler-choice.ts";
import { type PlanOptions, planService } from "../plan/service.ts";
import type { Mirror } from "./mirror.ts";
import type { Schedulers } from "./schedulers.ts";
import type { Store } from "./store.ts";

/** What planning reads and fills. */
export interface Planner {
  readonly store: Store;
  readonly mirror: Mirror;
  readonly index: PlanIndex;
  readonly schedulers: Schedulers;
  readonly options: PlanOptions;
  readonly marks: FirewallMarks;
}

/**
 * Where to look for the choice that stays when an annotation is no good: in the Service's last plan,
 * or, right after a start when there is none worth the name, in what the kernel was found to hold.
 */
export type LastGoodFrom = "plan" | "kernel";

/** Asks the kernel about schedulers that these Services are the first to want, then plans them. */
export async function planAll(
  planner: Planner,
  names: readonly ObjectName[],
  from: LastGoodFrom,
): Promise<void> {
  const services = names.map((name) => planner.store.service(name));
  const { scheduler } = planner.options.defaultScheduler;
  await planner.schedulers.learn([
    ...(isSchedulerName(scheduler) ? [scheduler] : []),
    ...services.flatMap((service) => (service ? requestedSchedulers(service) : [])),
  ]);
  for (const name of names) planOne(planner, name, from);
}

function planOne(planner: Planner, name: ObjectName, from: LastGoodFrom): void {
  const { store, index, schedulers, options } = planner;
  const service = store.service(name);
  const plan =
    service &&
    planService({
      service,
      slices: store.slices(name),
      node: store.node,
      options,
      hasScheduler: (scheduler) => schedulers.has(scheduler),
      markOf: (mark) => planner.marks.of(mark),
      lastGood: (key) => lastGood(planner, name, { key, from }),
    });
  index.set(name, plan);
}

function lastGood(
  { index, mirror }: Planner,
  name: ObjectName,
  { key, from }: { readonly key: ServiceKey; readonly from: LastGoodFrom },
): SchedulerChoice | undefined {
  const id = serviceId(key);
  if (from === "kernel") return mirror.entry(id)?.service.settings;
  return index.plan(name)?.virtualServices.find((planned) => planned.id === id)?.service.settings;
}

/** The Services whose scheduler annotation is not in force, and why it may be another time. */
export function withoutTheirScheduler(
  index: PlanIndex,
  reasons: readonly FindingReason[],
): ObjectName[] {
  return [...index.names()].filter((name) =>
    index.findings(name).some(({ reason }) => reasons.some((wanted) => wanted === reason)),
  );
}
