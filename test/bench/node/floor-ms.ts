/** What bare C takes: `floor.c` in a network namespace of its own. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { namespaceIsGone } from "./quiet.ts";

/** The program. */
export const FLOOR = process.env["LAB_FLOOR"] ?? "";
/** Messages in one send: those that were found best for it. */
export const FLOOR_BATCHES = [500, 2_000] as const;

const FLOOR_MS_MAX = 600_000;

const run = promisify(execFile);

/** Runs it, and returns the milliseconds that it counted once its namespace is gone, too. Rejects where it refuses. */
export async function floorMs(words: readonly (string | number)[]): Promise<number> {
  const { stdout } = await run(FLOOR, words.map(String), { timeout: FLOOR_MS_MAX });
  await namespaceIsGone();
  return (JSON.parse(stdout) as { readonly ms: number }).ms;
}
