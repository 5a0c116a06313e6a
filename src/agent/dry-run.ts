/** What a first pass would change, without changing it: the `plan` command. Writes nothing. */

import type { Clock } from "../base/clock.ts";
import type { Picture } from "../kube/change.ts";
import type { Address } from "../model/address.ts";
import type { ObjectName } from "../model/cluster.ts";
import type { Finding } from "../model/finding.ts";
import type { NodePortAddresses } from "../model/node-port-addresses.ts";
import type { Range } from "../model/range.ts";
import { type Changes, diff } from "../plan/diff.ts";
import type { PlanOptions } from "../plan/service.ts";
import type { Adopted } from "./adopt.ts";
import { HeldBack } from "./held-back.ts";
import { withoutHeld, withoutRemovals } from "./hold-back.ts";
import type { Kernel } from "./kernel.ts";
import { createPlanner, planAll } from "./planner.ts";
import { Store } from "./store.ts";
import { takeStock } from "./take-stock.ts";
import { ThisNode, type ThisNodeOptions } from "./this-node.ts";

/** What a dry run reads. */
export interface DryRunOptions extends Pick<ThisNodeOptions, "filterSettings"> {
  readonly nodeName: string;
  readonly picture: Picture;
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly planOptions: PlanOptions;
  readonly nodePortAddresses: NodePortAddresses;
  readonly bindAddress: Address | undefined;
  readonly excludeRanges: readonly Range[];
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
  const { kernel, clock, planOptions, nodeName, nodePortAddresses, bindAddress } = options;
  const store = new Store({ nodeName, nodePortAddresses, bindAddress, interfaceAddresses: [] });
  store.accept({ kind: "replaced", picture: options.picture });
  const planner = createPlanner({
    store,
    ipvs: kernel.ipvs,
    clock,
    options: planOptions,
    excludeRanges: options.excludeRanges,
  });
  const { mirror, index } = planner;
  const thisNode = new ThisNode({ ...options, planner, onNodeAddresses: () => {} });
  await thisNode.readAddresses();
  thisNode.use();
  await planAll(planner, store.takeDirty(), "plan");
  const filter = await kernel.filter.read();
  const found = await takeStock(planner, kernel, { isFirst: true, filter });
  const changes = diff(mirror, index, index.takeDirty());
  const partial = store.picture !== "complete";
  const heldBack = new HeldBack({ store, mirror, index });
  heldBack.found();
  const held = heldBack.keys();
  const seen = held ? withoutHeld(changes, held) : changes;
  return {
    changes: partial ? withoutRemovals(changes) : seen,
    found,
    services: store.serviceCount,
    findings: [...index.names()].sort().flatMap((name: ObjectName) => index.findings(name)),
    partial,
  };
}
