/** The machine's side of a benchmark that keeps its figures: one boot after the other, all of them written after each. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../setup/paths.mjs";
import { type Results, writeResults } from "../results.ts";
import { errorsOf, type KeptFigure, measuredBySize, mergedFigures } from "./kept-figures.ts";
import { missed, type NodeRow, nodeTable } from "./node-row.ts";
import { type NodeBench, runNodeBench } from "./run-node-bench.ts";

/** What a benchmark does, and what becomes of its figures. */
export interface Measuring {
  /** Of its JSON file. */
  readonly name: string;
  /** One boot each. */
  readonly boots: readonly NodeBench[];
  /** Charts and JSON of all figures that there are, also those of earlier runs. */
  readonly results: (figures: readonly KeptFigure[]) => Results & { readonly json: object };
  /** What is to be read now, of all of them, too. */
  readonly text: (figures: readonly KeptFigure[]) => string;
}

/** Runs it. What failed makes the exit status 1; what was measured is kept nevertheless. */
export async function measure({ name, boots, results, text }: Measuring): Promise<void> {
  for (const boot of boots) {
    const fresh = await runNodeBench(boot);
    const figures = mergedFigures(keptFigures(name), fresh);
    const { json, charts } = results(figures);
    const [measured, errors] = [measuredBySize(figures), errorsOf(figures)];
    const whole = { measured, ...json, errors, figures };
    const files = writeResults(name, { json: whole, charts });
    process.stdout.write(`\n${measured}\n\n${text(figures)}\n`);
    for (const error of errorsOf(fresh)) process.stdout.write(`${error}\n`);
    process.stdout.write(`Written: ${files.join(", ")}\n\n`);
    if (fresh.some(({ error }) => error !== undefined)) process.exitCode = 1;
  }
}

/** What the JSON has of rows. */
export function rowsJson(rows: readonly NodeRow[]): object {
  return { rows, missed: missed(rows) };
}

/** The rows as a table, and what was missed. */
export function rowsText(rows: readonly NodeRow[]): string {
  const misses = missed(rows);
  const aims = misses.length === 0 ? "All targets met." : `Targets missed: ${misses.join("; ")}`;
  return `${nodeTable(rows)}\n${aims}\n`;
}

function keptFigures(name: string): readonly KeptFigure[] {
  const path = join(ROOT, "docs", "bench", `${name}.json`);
  if (!existsSync(path)) return [];
  return (JSON.parse(readFileSync(path, "utf8")) as { figures: readonly KeptFigure[] }).figures;
}
