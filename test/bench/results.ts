/** What a run measured, put where the project keeps it: one JSON file and its charts in `docs/bench`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { folder, ROOT } from "../setup/paths.mjs";

/** The files of one benchmark. */
export interface Results {
  readonly json: unknown;
  /** SVG text by file name without `.svg`. */
  readonly charts: Readonly<Record<string, string>>;
}

/** Writes them; returns their paths, from the top of the project. */
export function writeResults(name: string, { json, charts }: Results): readonly string[] {
  const files = new Map([[`${name}.json`, `${JSON.stringify(json, null, 2)}\n`]]);
  for (const [chart, svg] of Object.entries(charts)) files.set(`${chart}.svg`, svg);
  const at = folder(join(ROOT, "docs", "bench"));
  for (const [file, text] of files) writeFileSync(join(at, file), text);
  return [...files.keys()].map((file) => join("docs", "bench", file));
}
