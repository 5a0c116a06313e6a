/** The entry of the program: gives the commands their outside, and the process its exit code. */
import { availableParallelism, release } from "node:os";
import { systemClock } from "./base/clock.ts";
import { keepHeapSmall, limitGarbage } from "./base/small-heap.ts";
import { openKernel, openTable } from "./cli/open-kernel.ts";
import { openTakeOver } from "./cli/open-take-over.ts";
import { runProgram } from "./cli/program.ts";
import { releaseMemory } from "./cli/release-memory.ts";
import { processSurroundings } from "./config/load-config.ts";
import { applyHostSettings } from "./host/host-settings.ts";

keepHeapSmall();

const ended = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => ended.abort());

process.exitCode = await runProgram(process.argv.slice(2), {
  surroundings: processSurroundings(),
  clock: systemClock,
  write: (text) => process.stdout.write(text),
  warn: (text) => process.stderr.write(text),
  openKernel: () => openKernel(systemClock),
  openTable,
  openTakeOver,
  prepareHost: ({ strictArp, conntrack, oomScoreAdj }) =>
    applyHostSettings({
      release: release(),
      cpuCount: availableParallelism(),
      strictArp,
      conntrack,
      oomScoreAdj,
    }),
  memory: { limitGarbage, release: releaseMemory },
  logStream: process.stderr,
  signal: ended.signal,
});
