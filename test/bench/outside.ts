/** `npm run bench`: boots the lab, runs the benchmark in it, prints a table and writes the figures as JSON. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootLab } from "../lab/boot.ts";
import { bundleProgram } from "../setup/bundle.mjs";
import { BUILD, ROOT } from "../setup/paths.mjs";
import type { Figure } from "./figure.ts";
import { benchTable } from "./table.ts";

const MEMORY_MB = 6_144;
const MS_MAX = 900_000;

const inside = await bundleProgram("test/bench/inside.ts");
const programs: string[] = [];
for (const name of ["cold", "changes", "filter", "conntrack"]) {
  programs.push(await bundleProgram(`test/bench/${name}.ts`));
}
const floors = ["floor", "nft-floor"].map((name) => join(BUILD, "lab", name));
const figures: Figure[] = [];
process.stdout.write("Benchmark in the lab: floor and agent in the same boot, a few minutes.\n");
const { engine, exitStatus, output } = await bootLab({
  command: ["node", inside, ...floors, ...programs, join(ROOT, "dist", "main.js")],
  memoryMb: MEMORY_MB,
  timeoutMs: MS_MAX,
  onLine: (line) => {
    const figure = line as Figure;
    figures.push(figure);
    process.stdout.write(
      `  measured: ${figure.kind}${"what" in figure ? ` ${figure.what}` : ""}\n`,
    );
  },
});
if (exitStatus !== 0) {
  process.stdout.write(`The benchmark ended with ${exitStatus}:\n${output}\n`);
  process.exitCode = 1;
} else {
  const { text, targetsMissed, json } = benchTable(figures, engine);
  mkdirSync(BUILD, { recursive: true });
  const path = join(BUILD, "bench.json");
  writeFileSync(path, `${JSON.stringify(json, null, 2)}\n`);
  process.stdout.write(`\n${text}\n${JSON.stringify(json)}\n\nWritten to ${path}\n`);
  process.stdout.write(
    targetsMissed.length === 0
      ? "All targets met.\n"
      : `Targets missed: ${targetsMissed.join("; ")}\n`,
  );
}
