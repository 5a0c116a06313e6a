/** What a first pass would change, without changing it: the `plan` command. Writes nothing. */
import type { Clock } from "../base/clock.ts";
import type { Picture } from "../kube/change.ts";
import type { ObjectName } from "../model/cluster.ts";
import type { Finding } from "../model/finding.ts";
import { type Changes, diff } from "../plan/diff.ts";
import { FirewallMarks } from "../plan/firewall-marks.ts";
import { PlanIndex } from "../plan/index-of-plans.ts";
import type { PlanOptions } from "../plan/service.ts";
import type { Adopted } from "./adopt.ts";
import { NO_CHANGES } from "./apply.ts";
import type { Kernel } from "./kernel.ts";
import { Mirror } from "./mirror.ts";
import { type Planner, planAll } from "./planner.ts";
import { Schedulers } from "./schedulers.ts";
import { Store } from "./store.ts";
import { takeStock } from "./take-stock.ts";

/** What a dry run reads. */
export interface DryRunOptions {
  readonly nodeName: string;
  readonly picture: Picture;
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly planOptions: PlanOptions;
}

/** What a first pass would do. */
export interface DryRun {
  readonly changes: Changes;
  readonly found: Adopted;
  readonly services: number;
  readonly findings: readonly Finding[];
  /** True when something unreadable holds every removal back. */
  readonly partial: boolean;
}

/** Plans everything against what the kernel holds now. Rejects as the kernel's clients do. */
export async function dryRun(options: DryRunOptions): Promise<DryRun> {
  const { kernel, clock, planOptions } = options;
  const store = new Store(options.nodeName);
  store.accept({ kind: "replaced", picture: options.picture });
  const mirror = new Mirror();
  const index = new PlanIndex();
  const schedulers = new Schedulers(kernel.ipvs, clock);
  const planner: Planner = {
    store,
    mirror,
    index,
    schedulers,
    options: planOptions,
    marks: new FirewallMarks(),
  };
  await planAll(planner, store.takeDirty(), "plan");
  const found = await takeStock(planner, kernel, { isFirst: true });
  const changes = diff(mirror, index, index.takeDirty());
  const partial = store.picture !== "complete";
  const { additions, binds } = changes;
  return {
    changes: partial ? { ...NO_CHANGES, additions, binds } : changes,
    found,
    services: store.serviceCount,
    findings: [...index.names()].sort().flatMap((name: ObjectName) => index.findings(name)),
    partial,
  };
}
