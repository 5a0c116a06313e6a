/** Plans the Services whose names are given, into the index. Reads store and mirror, asks no one. */
import type { Clock } from "../base/clock.ts";
import { inTurns } from "../base/in-turns.ts";
import type { Ipvs } from "../ipvs/ipvs.ts";
import { type Family, familyOf } from "../model/address.ts";
import type { NodeView, ObjectName } from "../model/cluster.ts";
import type { FindingReason } from "../model/finding.ts";
import type { FilterElement } from "../model/packet-filter.ts";
import type { Range } from "../model/range.ts";
import { isSchedulerName, type SchedulerChoice } from "../model/scheduler.ts";
import { type ServiceKey, serviceId } from "../model/virtual-service.ts";
import { FirewallMarks } from "../plan/firewall-marks.ts";
import { PlanIndex } from "../plan/index-of-plans.ts";
import { requestedSchedulers } from "../plan/scheduler-choice.ts";
import { type PlanInput, type PlanOptions, planService } from "../plan/service.ts";
import { Mirror } from "./mirror.ts";
import { Ownership } from "./ownership.ts";
import { Schedulers } from "./schedulers.ts";
import type { Store } from "./store.ts";

/** What planning reads and fills. */
export interface Planner {
  readonly store: Store;
  readonly mirror: Mirror;
  readonly index: PlanIndex;
  readonly schedulers: Schedulers;
  readonly options: PlanOptions;
  readonly marks: FirewallMarks;
  readonly ownership: Ownership;
  /** What plans of all Services ask alike. */
  readonly asked: Pick<PlanInput, "hasScheduler" | "markOf" | "heldMarkOf">;
}

/** A planner of `store` that has planned nothing yet. */
export function createPlanner(
  from: Pick<Planner, "store" | "options"> & {
    readonly ipvs: Ipvs;
    readonly clock: Clock;
    readonly excludeRanges: readonly Range[];
  },
): Planner {
  const mirror = new Mirror();
  const index = new PlanIndex();
  const schedulers = new Schedulers(from.ipvs, from.clock);
  const marks = new FirewallMarks();
  return {
    store: from.store,
    mirror,
    index,
    schedulers,
    options: from.options,
    marks,
    asked: {
      hasScheduler: (scheduler) => schedulers.has(scheduler),
      markOf: (mark) => marks.of(mark),
      heldMarkOf: (mark, family) => heldMark({ marks, mirror }, mark, family),
    },
    ownership: new Ownership({ desired: index, mirror, excludeRanges: from.excludeRanges }),
  };
}

/**
 * Where to look for the choice that stays when an annotation is no good: in the Service's last plan,
 * or, right after a start when there is none worth the name, in what the kernel was found to hold.
 */
export type LastGoodFrom = "plan" | "kernel";

/** Services that are planned in one turn of the event loop: some 10 ms, and many times that in a slow guest. */
const PLANNED_AT_A_TIME = 100;

/**
 * Asks the kernel about schedulers that these Services are the first to want, then plans them. Whatever of the
 * store changes meanwhile is on its list again.
 */
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
  await inTurns(names, PLANNED_AT_A_TIME, (name) => planOne(planner, name, from));
}

function planOne(planner: Planner, name: ObjectName, from: LastGoodFrom): void {
  const { store, index, asked, options } = planner;
  const service = store.service(name);
  const plan =
    service &&
    planService({
      service,
      slices: store.slices(name),
      node: store.node,
      options,
      hasScheduler: asked.hasScheduler,
      markOf: asked.markOf,
      heldMarkOf: asked.heldMarkOf,
      lastGood: (key) => lastGood(planner, name, { key, from }),
    });
  index.set(name, plan);
}

function heldMark(
  { marks, mirror }: Pick<Planner, "marks" | "mirror">,
  name: string,
  family: Family,
): number | undefined {
  const id = serviceId({ mark: marks.next(name), family });
  return mirror.entry(id) ? marks.of(name) : undefined;
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
    index.plan(name)?.findings.some(({ reason }) => reasons.some((wanted) => wanted === reason)),
  );
}

/**
 * The Services that may have left virtual services of firewall marks behind, before the start: where the
 * kernel holds one that no plan has, all that clients outside can reach without such a mark.
 */
export function withLeftMarks({ index, mirror }: Planner): ObjectName[] {
  const isLeft = [...mirror.entries()].some(
    ({ service: { key } }) => "mark" in key && !index.entry(serviceId(key)),
  );
  if (!isLeft) return [];
  return [...index.names()].filter((name) => {
    const kinds = index.plan(name)?.virtualServices.map(({ kind }) => kind) ?? [];
    return kinds.some((kind) => kind !== "cluster") && !kinds.includes("local-clients");
  });
}

/** The addresses that serve node ports, as the packet filter knows them. */
export function useNodeAddresses({ store, index }: Planner): void {
  index.useOutsidePlans(nodeAddressElements(store.node));
}

/** The elements for the addresses that serve node ports. */
export function nodeAddressElements({ nodePortAddresses }: NodeView): FilterElement[] {
  return nodePortAddresses.map((address) => ({
    kind: "element",
    family: familyOf(address),
    set: "node-addresses",
    key: address,
    value: "",
  }));
}
