/** The guest's side of the benchmarks on a whole node. One argument: what to run, as JSON. */
import { report } from "../../lab/report.ts";
import { guestFacts } from "../boot-facts.ts";
import type { ClusterSize } from "../cluster.ts";
import { BenchCluster } from "./bench-cluster.ts";
import { onFreshNode } from "./fresh-node.ts";
import type { NodeTask, ScenarioName, SubjectName } from "./node-task.ts";
import type { LifeResult } from "./scenarios/life.ts";
import { noSyncText } from "./subject.ts";

/** What the program is told. */
export interface NodePlan extends Pick<NodeTask, "main" | "cold" | "userspace"> {
  /** `on-node.ts` as a bundle. */
  readonly onNode: string;
  /** One cluster after the other, each with its own API server. */
  readonly clusters: readonly {
    readonly size: ClusterSize;
    /** A folder of etcd. */
    readonly filled: string;
    readonly runs: readonly NodeRun[];
  }[];
}

/** One run on a fresh node. */
export interface NodeRun {
  readonly subject: SubjectName;
  readonly scenario: ScenarioName;
}

/** One line of what is reported. */
export interface NodeFigure extends NodeRun {
  readonly size: ClusterSize;
  /** What the scenario measured, or why it could not. */
  readonly value: unknown;
  readonly error?: string;
  /** Why it was not tried, which is no failure of the benchmark. */
  readonly late?: string;
  /** Processor time of the API server and its etcd meanwhile. */
  readonly serverProcessorS: number;
}

/** Where the server cannot start, as it cannot with very many Services, these are measured all the same. */
const SERVERLESS: ReadonlySet<ScenarioName> = new Set(["first-pass"]);
const NO_SERVER = { server: { url: "", authority: "" }, kubeconfig: "" };

const { main, cold, userspace, onNode, clusters } = JSON.parse(process.argv[2] ?? "") as NodePlan;
report(guestFacts());
for (const cluster of clusters) await measure(cluster);

/** What fails is reported in the place of its figures: the others are worth having. */
async function measure({ size, filled, runs }: NodePlan["clusters"][number]): Promise<void> {
  let cluster: BenchCluster | undefined;
  const late = new Map<SubjectName, string>();
  for (const run of runs) {
    let serverProcessorS = 0;
    const why = late.get(run.subject);
    if (why !== undefined) {
      report({ ...run, size, value: null, late: why, serverProcessorS } satisfies NodeFigure);
      continue;
    }
    try {
      if (!SERVERLESS.has(run.scenario)) cluster ??= await BenchCluster.open(filled);
      const processorS = (): number => cluster?.processorS() ?? 0;
      const before = processorS();
      const task = { ...run, size, main, cold, userspace, ...(cluster?.access ?? NO_SERVER) };
      const value = await onFreshNode(onNode, task, processorS);
      serverProcessorS = processorS() - before;
      report({ ...run, size, value, serverProcessorS } satisfies NodeFigure);
      if (run.scenario === "life") noteLate(run.subject, value as LifeResult, late);
    } catch (err) {
      const error = err instanceof Error ? err.message : String(err);
      report({ ...run, size, value: null, error, serverProcessorS } satisfies NodeFigure);
      // It may have left anything in the store.
      await cluster?.close();
      cluster = undefined;
    }
  }
  await cluster?.close();
}

/** One that never came to the end of its first sync follows no change: nothing more is to be waited for. */
function noteLate(
  subject: SubjectName,
  { syncedMs, syncMsMax }: LifeResult,
  late: Map<SubjectName, string>,
): void {
  if (syncedMs === undefined) late.set(subject, noSyncText(syncMsMax));
}
