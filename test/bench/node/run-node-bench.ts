/** The machine's side of the benchmarks on a whole node: fills the stores, boots the guest, follows it. */
import { join } from "node:path";
import { bootLab } from "../../lab/boot.ts";
import { bundleProgram } from "../../setup/bundle.mjs";
import { ROOT } from "../../setup/paths.mjs";
import type { ClusterSize } from "../cluster.ts";
import { filledStore } from "../filled-store.ts";
import type { NodeFigure, NodePlan, NodeRun } from "./inside.ts";
import { missed, type NodeRow, nodeTable } from "./node-row.ts";
import { sizeText } from "./size-text.ts";

const MEMORY_MB = 8_192;

/** What to run: one boot for all of it. */
export interface NodeBench {
  readonly clusters: readonly { readonly size: ClusterSize; readonly runs: readonly NodeRun[] }[];
  readonly msMax: number;
}

/** What the kernel and the time of a run were, for whoever reads its figures later. */
export function measuredText(): string {
  const day = new Date().toISOString().slice(0, 10);
  return `One boot of the lab on ${day}: Linux 6.1 in User-Mode Linux, one processor, a real kube-apiserver`;
}

/** Prints rows and what was missed; returns what the JSON has, with all that was measured. */
export function printRows(
  rows: readonly NodeRow[],
  errors: readonly string[],
  figures: readonly NodeFigure[],
): object {
  const misses = missed(rows);
  process.stdout.write(`\n${nodeTable(rows)}\n`);
  for (const error of errors) process.stdout.write(`${error}\n`);
  process.stdout.write(
    misses.length === 0 ? "All targets met.\n" : `Targets missed: ${misses.join("; ")}\n`,
  );
  return { measured: measuredText(), rows, missed: misses, errors, figures };
}

/** All figures of one boot; what a guest that ended too soon did not come to says so in the place of its figures. */
export async function runNodeBench({ clusters, msMax }: NodeBench): Promise<readonly NodeFigure[]> {
  const filled: NodePlan["clusters"][number][] = [];
  for (const cluster of clusters) {
    process.stdout.write(`Cluster of ${sizeText(cluster.size)}\n`);
    filled.push({ ...cluster, filled: await filledStore(cluster.size) });
  }
  const plan: NodePlan = {
    main: join(ROOT, "dist", "main.js"),
    cold: await bundleProgram("test/bench/cold.ts"),
    userspace: await bundleProgram("test/bench/node/userspace-agent.ts"),
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
  if (exitStatus === 0) return figures;
  process.stdout.write(`The guest ended with ${exitStatus}:\n${output}\n`);
  const error = `the guest ended with ${exitStatus}`;
  const all = clusters.flatMap(({ size, runs }) => runs.map((one) => ({ ...one, size })));
  const lost = all.slice(figures.length);
  return [...figures, ...lost.map((one) => ({ ...one, value: null, error, serverProcessorS: 0 }))];
}

function runText({ subject, scenario, size }: NodeFigure): string {
  return `${subject}, ${scenario}, ${sizeText(size)}`;
}
