/**
 * `npm run lab`, `npm run demo`, `npm run bench`: sets up what is missing, then runs the program
 * `test/NAME/outside.ts`, which boots the lab with a program of its own.
 */
import "./node-version.mjs";
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { bundleProgram } from "./bundle.mjs";
import { SetupError } from "./command.mjs";
import { main } from "./main.mjs";
import { ROOT } from "./paths.mjs";
import { prepare } from "./prepare.mjs";

/** @type {Readonly<Record<string, string>>} */
const PROGRAMS = {
  lab: "test/lab/shell/outside.ts",
  demo: "test/demo/outside.ts",
  bench: "test/bench/outside.ts",
};

await main(async () => {
  const [name = "", ...args] = process.argv.slice(2);
  const entry = PROGRAMS[name];
  if (!entry)
    throw new SetupError(`usage: run.mjs ${Object.keys(PROGRAMS).join("|")} [ARGUMENT...]`);
  if (!existsSync(join(ROOT, entry))) throw new SetupError(`there is no ${entry}.`);
  await prepare({ lab: true });
  const program = await bundleProgram(entry, { packages: "external" });
  return await runProgram([program, ...args]);
});

/** @param {readonly string[]} args @returns {Promise<number>} */
function runProgram(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--enable-source-maps", ...args], { stdio: "inherit" });
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 130));
  });
}
