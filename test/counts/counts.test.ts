/** A guard against slow growth: what fixed scenarios cost, held against committed numbers. No time is measured. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { bundleProgram } from "../setup/bundle.mjs";
import { ROOT } from "../setup/paths.mjs";
import { type Committed, type Counts, settled } from "./counts.ts";

const NODE = Number.parseInt(process.versions.node, 10);
const run = promisify(execFile);
const COMMITTED = join(ROOT, "test", "counts", "committed.json");
/** Room for all that a scenario allocates; and what is compiled when is no matter of what else the machine does. */
const SPACE = ["--min-semi-space-size=256", "--max-semi-space-size=256"];
const FLAGS = [...SPACE, "--expose-gc", "--single-threaded"];

async function measure(): Promise<Readonly<Record<string, Counts>>> {
  const program = await bundleProgram("test/counts/measure.ts");
  const { stdout } = await run(process.execPath, [...FLAGS, program]);
  return JSON.parse(stdout) as Readonly<Record<string, Counts>>;
}

test("fixed scenarios cost what test/counts/committed.json says: else `npm run counts`", async () => {
  const committed: Committed = existsSync(COMMITTED)
    ? (JSON.parse(readFileSync(COMMITTED, "utf8")) as Committed)
    : { node: NODE, scenarios: {} };
  const isSameNode = committed.node === NODE;
  if (!isSameNode) {
    process.stdout.write(`Allocation is held against Node ${committed.node} only, not ${NODE}.\n`);
  }
  const scenarios = Object.entries(await measure()).map(
    ([name, counts]) => [name, settled(counts, committed.scenarios[name], isSameNode)] as const,
  );
  const found: Committed = { node: committed.node, scenarios: Object.fromEntries(scenarios) };
  const text = `${JSON.stringify(found, null, 2)}\n`;
  await expect(text).toMatchFileSnapshot(COMMITTED);
});

test("allocation that grew by more than a quarter is not settled, and no other count ever is", () => {
  const committed: Counts = {
    ...{ messages: 1, writes: 1, calls: 1, messageBytes: 100, nftRuns: 0, nftElements: 0 },
    allocatedKb: 10,
  };
  expect(settled({ ...committed, allocatedKb: 12.4 }, committed, true)).toEqual(committed);
  expect(settled({ ...committed, allocatedKb: 12.6 }, committed, true).allocatedKb).toBe(12.6);
  expect(settled({ ...committed, allocatedKb: 7.4 }, committed, true).allocatedKb).toBe(7.4);
  expect(settled({ ...committed, calls: 2 }, committed, true).calls).toBe(2);
  expect(settled({ ...committed, allocatedKb: 99 }, committed, false)).toEqual(committed);
  expect(settled(committed, undefined, true)).toEqual(committed);
});
