/**
 * A kernel that cannot be asked for its schedulers answers by refusing one (`ENOENT` of the command
 * that sets it): that is taken as the answer, so that the Service gets the one it had, or the default.
 */
import type { ObjectName } from "../model/cluster.ts";
import { isSchedulerName, type SchedulerName } from "../model/scheduler.ts";
import type { PlanIndex } from "../plan/index-of-plans.ts";
import type { Refusal } from "./refusal.ts";
import type { Schedulers } from "./schedulers.ts";

/** Remembers the schedulers that `refused` shows to be missing; returns who has to be planned again. */
export function schedulersRefused(
  refused: readonly Refusal[],
  { index, schedulers }: { readonly index: PlanIndex; readonly schedulers: Schedulers },
): ObjectName[] {
  const missing = new Set<SchedulerName>();
  const owners = new Set<ObjectName>();
  for (const { subject, kind, code } of refused) {
    const setsScheduler = kind === "add-service" || kind === "set-service";
    if (code !== "ENOENT" || !setsScheduler || subject.kind !== "service") continue;
    const planned = index.entry(subject.id);
    const name = planned?.service.settings.scheduler ?? "";
    // One that is known to be missing was planned for want of any other: it is refused until it is there.
    if (!planned || !isSchedulerName(name) || !schedulers.has(name)) continue;
    missing.add(name);
    owners.add(planned.owner);
  }
  for (const name of missing) schedulers.isMissing(name);
  return [...owners];
}
