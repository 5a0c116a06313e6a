/** The machine's side of the benchmarks on a whole node: fills the stores, boots the guest, follows it. */
import { join } from "node:path";
import { bootLab } from "../../lab/boot.ts";
import { LabError } from "../../lab/lab-error.ts";
import { bundleProgram } from "../../setup/bundle.mjs";
import { chooseEngine } from "../../setup/engine.mjs";
import { ROOT } from "../../setup/paths.mjs";
import { type BootFacts, bootOfToday, type GuestFacts } from "../boot-facts.ts";
import type { ClusterSize } from "../cluster.ts";
import { filledStore } from "../filled-store.ts";
import type { NodeFigure, NodePlan, NodeRun } from "./inside.ts";
import { type KeptFigure, runText } from "./kept-figures.ts";
import { sizeText } from "./size-text.ts";

const MEMORY_MB = 8_192;
const UNKNOWN: GuestFacts = { kernel: "that did not boot", processors: 1 };

/** What to run: one boot for all of it. */
export interface NodeBench {
  readonly clusters: readonly { readonly size: ClusterSize; readonly runs: readonly NodeRun[] }[];
  readonly msMax: number;
}

/** All figures of one boot; what a guest that ended too soon did not come to says so in the place of its figures. */
export async function runNodeBench(bench: NodeBench): Promise<readonly KeptFigure[]> {
  const plan = await planOf(bench);
  const inside = await bundleProgram("test/bench/node/inside.ts");
  const figures: NodeFigure[] = [];
  let guest = UNKNOWN;
  const end = await endOf(
    bootLab({
      command: ["node", inside, JSON.stringify(plan)],
      memoryMb: MEMORY_MB,
      timeoutMs: bench.msMax,
      onLine: (line) => {
        if ("kernel" in (line as object)) guest = line as GuestFacts;
        else {
          const figure = line as NodeFigure;
          figures.push(figure);
          process.stdout.write(
            `  ${runText(figure)}: ${figure.error ?? figure.late ?? "measured"}\n`,
          );
        }
      },
    }),
  );
  const boot: BootFacts = bootOfToday(await chooseEngine(), guest);
  return [...figures, ...lost(bench, figures.length, end)].map((figure) => ({ ...figure, boot }));
}

/** Why the guest ended, undefined when in order. A lab that breaks, or takes too long, has measured something before. */
export async function endOf(
  booted: Promise<{ readonly exitStatus: number; readonly output: string }>,
): Promise<string | undefined> {
  try {
    const { exitStatus, output } = await booted;
    if (exitStatus === 0) return undefined;
    process.stdout.write(`The guest ended with ${exitStatus}:\n${output}\n`);
    return `the guest ended with ${exitStatus}`;
  } catch (err) {
    if (!(err instanceof LabError)) throw err;
    process.stdout.write(`${err.message}\n`);
    const [sentence = ""] = err.message.split("\n");
    return `${err.code}: ${sentence}`;
  }
}

/** What the guest did not come to, after `done` runs. */
export function lost(
  { clusters }: Pick<NodeBench, "clusters">,
  done: number,
  end: string | undefined,
): NodeFigure[] {
  const all = clusters.flatMap(({ size, runs }) => runs.map((one) => ({ ...one, size })));
  const error = end ?? "the guest ended without it";
  return all.slice(done).map((one) => ({ ...one, value: null, error, serverProcessorS: 0 }));
}

async function planOf({ clusters }: NodeBench): Promise<NodePlan> {
  const filled: NodePlan["clusters"][number][] = [];
  for (const cluster of clusters) {
    process.stdout.write(`Cluster of ${sizeText(cluster.size)}\n`);
    filled.push({ ...cluster, filled: await filledStore(cluster.size) });
  }
  return {
    main: join(ROOT, "dist", "main.js"),
    cold: await bundleProgram("test/bench/cold.ts"),
    userspace: await bundleProgram("test/bench/node/userspace-agent.ts"),
    onNode: await bundleProgram("test/bench/node/on-node.ts"),
    clusters: filled,
  };
}
