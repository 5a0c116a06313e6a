/**
 * The stories in `cases`: Kubernetes objects in, the kernel's table and the operations out, step by step.
 * `--update` writes what came out; the difference is the review.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Story } from "./story.ts";

const CASES = join(import.meta.dirname, "cases");

test.each(readdirSync(CASES).sort())("%s", async (name) => {
  const folder = join(CASES, name);
  const story = new Story();
  const files: string[] = [];
  for (let number = 1; number === 1 || names(folder).includes(`${number}-objects.yaml`); number++) {
    const text = readFileSync(join(folder, `${number}-objects.yaml`), "utf8");
    const { table, report } = await story.step(text);
    await expect(table).toMatchFileSnapshot(join(folder, `${number}-expected.ipvsadm`));
    await expect(report).toMatchFileSnapshot(join(folder, `${number}-operations.txt`));
    files.push(`${number}-expected.ipvsadm`, `${number}-objects.yaml`, `${number}-operations.txt`);
  }
  // A step that was taken out must not leave its answers behind.
  expect(names(folder).filter((file) => !files.includes(file))).toEqual([]);
});

function names(folder: string): string[] {
  return readdirSync(folder).sort();
}
