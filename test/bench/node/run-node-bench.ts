/** The machine's side of the benchmarks on a whole node: fills the stores, boots the guest, follows it. */
import { join } from "node:path";
import { bootLab } from "../../lab/boot.ts";
import { bundleProgram } from "../../setup/bundle.mjs";
import { ROOT } from "../../setup/paths.mjs";
import type { ClusterSize } from "../cluster.ts";
import { filledStore } from "../filled-store.ts";
import type { NodeFigure, NodePlan, NodeRun } from "./inside.ts";

const MEMORY_MB = 8_192;

/** What to run: one boot for all of it. */
export interface NodeBench {
  readonly clusters: readonly { readonly size: ClusterSize; readonly runs: readonly NodeRun[] }[];
  readonly msMax: number;
}

/** All figures of one boot. Throws when the guest ends otherwise than it should. */
export async function runNodeBench({ clusters, msMax }: NodeBench): Promise<readonly NodeFigure[]> {
  const filled: NodePlan["clusters"][number][] = [];
  for (const cluster of clusters) {
    process.stdout.write(`Cluster of ${sizeText(cluster.size)}\n`);
    filled.push({ ...cluster, filled: await filledStore(cluster.size) });
  }
  const plan: NodePlan = {
    main: join(ROOT, "dist", "main.js"),
    onNode: await bundleProgram("test/bench/node/on-node.ts"),
    clusters: filled,
  };
  const inside = await bundleProgram("test/bench/node/inside.ts");
  const figures: NodeFigure[] = [];
  const { exitStatus, output } = await bootLab({
    command: ["node", inside, JSON.stringify(plan)],
    memoryMb: MEMORY_MB,
    timeoutMs: msMax,
    onLine: (line) => {
      const figure = line as NodeFigure;
      figures.push(figure);
      process.stdout.write(`  ${runText(figure)}: ${figure.error ?? "measured"}\n`);
    },
  });
  if (exitStatus !== 0) throw new Error(`the guest ended with ${exitStatus}:\n${output}`);
  return figures;
}

/** `10,000 x 10`. */
export function sizeText({ services, endpointsPerService }: ClusterSize): string {
  return `${services.toLocaleString("en-GB")} x ${endpointsPerService}`;
}

function runText({ subject, scenario, size }: NodeFigure): string {
  return `${subject}, ${scenario}, ${sizeText(size)}`;
}
