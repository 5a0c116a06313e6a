/** What a cluster asks of the kernel, planned from nothing: what the agent must come to in the end. */
import { nodeAddressElements } from "../../src/agent/planner.ts";
import {
  type FilterObject,
  type FilterObjectId,
  filterObjectId,
} from "../../src/model/packet-filter.ts";
import { FirewallMarks } from "../../src/plan/firewall-marks.ts";
import { PlanIndex } from "../../src/plan/index-of-plans.ts";
import { planService } from "../../src/plan/service.ts";
import type { PlannedService } from "../../src/plan/service-plan.ts";
import { PLAN_OPTIONS } from "../unit/agent/node-under-test.ts";
import type { Cluster } from "./cluster.ts";

/** The desired state of one moment. */
export interface Desire {
  readonly index: PlanIndex;
  /** Every virtual service that is in force, by its id. */
  readonly services: ReadonlyMap<string, PlannedService>;
  readonly addresses: ReadonlySet<string>;
  /** Elements and chains of the packet filter, by id. */
  readonly filters: ReadonlyMap<FilterObjectId, FilterObject>;
  /** Virtual services whose scheduler depends on what was there before. */
  readonly anyScheduler: ReadonlySet<string>;
}

/** The desire of a kernel that has every scheduler. */
export function desireOf(cluster: Cluster): Desire {
  const index = new PlanIndex();
  const marks = new FirewallMarks();
  for (const service of cluster.services()) {
    const plan = planService({
      service,
      slices: cluster.slicesOf(service.name),
      node: cluster.node,
      options: PLAN_OPTIONS,
      hasScheduler: () => true,
      lastGood: () => undefined,
      markOf: (name) => marks.of(name),
      heldMarkOf: () => undefined,
    });
    index.set(service.name, plan);
  }
  index.useOutsidePlans(nodeAddressElements(cluster.node));
  const filters = [...index.takeDirty().filters].flatMap((id) => index.wantsFilter(id) ?? []);
  const names = [...index.names()];
  const plans = names.flatMap((name) => index.plan(name) ?? []);
  const held = plans.flatMap(({ virtualServices }) =>
    virtualServices.filter(({ id, owner }) => index.entry(id)?.owner === owner),
  );
  const bad = new Set(
    names.filter((name) => index.findings(name).some(({ reason }) => reason === "bad-scheduler")),
  );
  return {
    index,
    services: new Map(held.map((planned) => [planned.id, planned])),
    filters: new Map(filters.map((object) => [filterObjectId(object), object])),
    addresses: new Set(plans.flatMap(({ addresses }) => addresses)),
    anyScheduler: new Set(held.filter(({ owner }) => bad.has(owner)).map(({ id }) => id)),
  };
}
