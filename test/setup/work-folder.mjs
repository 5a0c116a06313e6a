/** Folders in the cache in which something is built: what they hold is moved to its place, never half of it. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { folder } from "./paths.mjs";

const PREFIX = "building-";
const PATTERN = /^building-(\d+)-/;

/**
 * Makes one in `cache`, and removes it in the end.
 *
 * @param {string} cache
 * @param {(work: string) => Promise<void>} build
 */
export async function inWorkFolder(cache, build) {
  removeLeftovers(folder(cache));
  const work = mkdtempSync(join(cache, `${PREFIX}${process.pid}-`));
  try {
    await build(work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Builds that were interrupted leave up to a gigabyte behind: the next one removes it. @param {string} cache */
function removeLeftovers(cache) {
  for (const name of readdirSync(cache)) {
    const pid = name.match(PATTERN)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    rmSync(join(cache, name), { recursive: true, force: true });
  }
}
