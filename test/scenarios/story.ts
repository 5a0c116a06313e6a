/**
 * One node through the steps of a story: the real store, planner, diff, apply and drain over the fake
 * kernel. Each step takes the whole text of a manifest file, as `--manifests` would read it.
 *
 * Comments at the top of that text set the scene, one a line:
 *
 *   # kernel without scheduler: mh            it is missing from this step on
 *   # kernel with scheduler: mh               it is installed
 *   # connections: 10.1.0.1:8080 3            the destination has so many open ones
 *   # time passes: 31s                        before this step
 */
import { expect } from "vitest";
import { apply, NO_CHANGES } from "../../src/agent/apply.ts";
import { DRAIN_CHECK_MS, Drainer } from "../../src/agent/drainer.ts";
import { Failures } from "../../src/agent/failures.ts";
import { FlowsToForget } from "../../src/agent/flows-to-forget.ts";
import {
  createPlanner,
  type Planner,
  planAll,
  withoutTheirScheduler,
} from "../../src/agent/planner.ts";
import { Store } from "../../src/agent/store.ts";
import { parseDuration } from "../../src/base/duration.ts";
import { sourceProblemText } from "../../src/kube/change.ts";
import { ManifestSet } from "../../src/kube/manifest-set.ts";
import { parseManifestText } from "../../src/kube/manifest-text.ts";
import { StringPool } from "../../src/kube/string-pool.ts";
import { type Operation, operationText } from "../../src/model/operation.ts";
import { destinationId, serviceId, type TableEntry } from "../../src/model/virtual-service.ts";
import { type Changes, diff } from "../../src/plan/diff.ts";
import { renderTable } from "../../src/plan/render.ts";
import { NO_ADDRESSES } from "../fakes/agent-surroundings.ts";
import { capturedLog } from "../fakes/captured-log.ts";
import { FakeKernel } from "../fakes/fake-kernel.ts";
import { ManualClock } from "../fakes/manual-clock.ts";

/** The node that stories are told from. */
export const STORY_NODE = "node-a";

const FILE = "objects.yaml";

/** What the look at draining destinations led to. */
const LATER = "a second later";

/** What one step led to. */
export interface Step {
  /** What the kernel holds afterwards. */
  readonly table: string;
  /** Findings and operations, by stage. */
  readonly report: string;
  readonly operations: readonly Operation[];
}

/** A node whose kernel is empty at the start. */
export class Story {
  readonly kernel = new FakeKernel();
  readonly #clock = new ManualClock();
  readonly #set = new ManifestSet();
  readonly #pool = new StringPool();
  readonly #store = new Store({ nodeName: STORY_NODE, ...NO_ADDRESSES });
  readonly #planner: Planner = createPlanner({
    store: this.#store,
    ipvs: this.kernel.ipvs,
    clock: this.#clock,
    options: {
      defaultScheduler: { scheduler: "rr", schedulerFlags: [] },
      drainTimeoutMs: 30_000,
      externalRanges: [],
    },
    excludeRanges: [],
  });
  readonly #mirror = this.#planner.mirror;
  readonly #index = this.#planner.index;
  readonly #schedulers = this.#planner.schedulers;
  readonly #flows = new FlowsToForget({
    conntrack: this.kernel.conntrack,
    clock: this.#clock,
    log: capturedLog().log,
  });
  readonly #drainer = new Drainer({
    ipvs: this.kernel.ipvs,
    clock: this.#clock,
    current: this.#mirror,
    desired: this.#index,
  });

  /** Reads `text`, does what a pass does, looks at what drains a little later, and tells all of it. */
  async step(text: string): Promise<Step> {
    await this.kernel.link.ensure();
    if (!this.kernel.filter.held) await this.kernel.filter.replace([]);
    await this.#setScene(text);
    this.#read(text);
    await planAll(this.#planner, this.#store.takeDirty(), "plan");
    const dirty = this.#index.takeDirty();
    const changes = diff(this.#mirror, this.#index, dirty);
    await this.#apply(changes);
    for (const id of dirty.services.keys()) this.#drainer.notice(id);
    await this.#clock.advance(DRAIN_CHECK_MS);
    const drained = await this.#drainer.check();
    await this.#apply({ ...NO_CHANGES, removals: drained });
    for (const { key } of drained.filter((operation) => "key" in operation)) {
      this.#drainer.notice(serviceId(key));
    }
    const stages = { ...changes, [LATER]: drained };
    const table = renderTable(this.#kernelTable());
    // The mirror is what later steps are compared with: it must be the kernel's twin.
    expect(renderTable(this.#mirror.entries())).toBe(table);
    expect([...this.#mirror.addresses()].sort()).toEqual(
      [...(this.kernel.serviceLink?.addresses ?? [])].sort(),
    );
    return { table, report: this.#report(stages), operations: Object.values(stages).flat() };
  }

  async #setScene(text: string): Promise<void> {
    let passedMs = 0;
    for (const [, what, value = ""] of text.matchAll(SCENE)) {
      if (what === "kernel without scheduler") this.kernel.table.schedulers.delete(value);
      else if (what === "kernel with scheduler") this.kernel.table.schedulers.add(value);
      else if (what === "connections") this.#setConnections(value);
      else passedMs = parseDuration(value) ?? Number.NaN;
    }
    await this.#clock.advance(passedMs);
    if ((await this.#schedulers.relearn()).length > 0) {
      this.#store.touch(withoutTheirScheduler(this.#index, ["scheduler-missing"]));
    }
  }

  #setConnections(value: string): void {
    const [id, active] = value.split(" ");
    const connections = { active: Number(active), inactive: 0, persistent: 0 };
    for (const { service, destinations } of this.#mirror.entries()) {
      for (const destination of destinations.values()) {
        if (destinationId(destination) !== id) continue;
        this.kernel.table.setConnections(service.key, destination, connections);
      }
    }
  }

  #read(text: string): void {
    const previous = this.#set.documents(FILE);
    const isFirst = this.#store.picture === "none";
    const documents = parseManifestText(text, { jsonOnly: false, previous, pool: this.#pool });
    const changes = this.#set.read(FILE, documents);
    if (isFirst) this.#store.accept({ kind: "replaced", picture: this.#set.picture() });
    else for (const change of changes) this.#store.accept(change);
  }

  async #apply(changes: Changes): Promise<void> {
    const { kernel } = this;
    const outcome = await apply([changes], {
      kernel,
      mirror: this.#mirror,
      desired: this.#index,
      flows: this.#flows,
      failures: new Failures(),
    });
    expect(outcome).toMatchObject({ skipped: 0, refused: [] });
  }

  #kernelTable(): TableEntry[] {
    const { table } = this.kernel;
    return table.services().map((service) => {
      const found = table.destinations(service.key) ?? [];
      return { service, destinations: new Map(found.map((one) => [destinationId(one), one])) };
    });
  }

  #report(stages: Record<string, readonly Operation[]>): string {
    const findings = [...this.#index.names()].sort().flatMap((name) => this.#index.findings(name));
    const sections: [string, readonly string[]][] = [
      ["problems", this.#set.problems().map(sourceProblemText)],
      [
        "findings",
        findings.map(({ severity, service, field, message }) =>
          [severity, service, field, message].filter(Boolean).join(": "),
        ),
      ],
    ];
    for (const stage of STAGES) {
      sections.push([stage, (stages[stage] ?? []).map(operationText)]);
    }
    const told = sections.filter(([, lines]) => lines.length > 0);
    const text = told.map(([name, lines]) => [`${name}:`, ...lines.map((line) => `  ${line}`)]);
    const idle = Object.values(stages).every((operations) => operations.length === 0);
    if (idle) text.push(["no operation"]);
    return `${text.flat().join("\n")}\n`;
  }
}

const SCENE =
  /^# (kernel without scheduler|kernel with scheduler|connections|time passes): (.+)$/gm;

const STAGES = [
  ...["closings", "additions", "filters", "binds", "removals"],
  ...["unbinds", "deletions", "openings", "forgets", LATER],
];
