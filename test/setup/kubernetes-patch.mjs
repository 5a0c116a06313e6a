/** The one change that the lab's API server has. */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { run, SetupError } from "./command.mjs";

/**
 * What is changed in the server: it ends itself when its first look at all Service addresses takes more than a
 * minute, as in the slow guest it does with 50,000 Services. One of the user's own is not changed, and does.
 */
export const PATCH = {
  path: join("pkg", "registry", "core", "rest", "storage_core.go"),
  from: "time.After(time.Minute)",
  to: "time.After(15 * time.Minute)",
};

/** The folder of the module that is changed. */
export const COPY = "kubernetes";

/**
 * Makes the copy of the module in `source` that is built: in the modules of Go's own cache nothing can be changed.
 *
 * @param {string} source
 * @param {{ readonly to: string, readonly log: string }} options
 */
export async function patchedCopy(source, { to, log }) {
  const options = { log, cwd: dirname(to), append: true };
  await run("cp", ["-r", "--no-preserve=mode", source, to], options);
  const path = join(to, PATCH.path);
  const [before, after, ...more] = readFileSync(path, "utf8").split(PATCH.from);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new SetupError(`${source} has "${PATCH.from}" not once in ${PATCH.path}.`);
  }
  writeFileSync(path, before + PATCH.to + after);
}
