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
import { ALL_PROGRAMS, SERVER_PROGRAMS } from "./kubernetes.mjs";
import { main } from "./main.mjs";
import { ROOT } from "./paths.mjs";
import { prepare } from "./prepare.mjs";

const INTERRUPTED = 130;

/** @type {Readonly<Record<string, string>>} */
const PROGRAMS = {
  lab: "test/lab/shell/outside.ts",
  demo: "test/demo/outside.ts",
  bench: "test/bench/outside.ts",
  "bench:scale": "test/bench/node/scale.ts",
  "bench:latency": "test/bench/node/latency.ts",
  "bench:fanout": "test/bench/fanout/outside.ts",
  "bench:modes": "test/bench/node/modes.ts",
  "bench:compare": "test/bench/node/compare.ts",
};

/** Those that need a real cluster's programs without being asked; the demo has its server with `--api`. */
const NEEDS_KUBERNETES = /^bench/;

await main(async () => {
  const [name = "", ...args] = process.argv.slice(2);
  const entry = PROGRAMS[name];
  if (!entry)
    throw new SetupError(`usage: run.mjs ${Object.keys(PROGRAMS).join("|")} [ARGUMENT...]`);
  if (!existsSync(join(ROOT, entry))) throw new SetupError(`there is no ${entry}.`);
  const asked = args.includes("--api") ? SERVER_PROGRAMS : [];
  await prepare({ lab: true, kubernetes: NEEDS_KUBERNETES.test(name) ? ALL_PROGRAMS : asked });
  const program = await bundleProgram(entry, { packages: "external" });
  return await runProgram([program, ...args]);
});

/**
 * Runs the program to its end. From here on it decides what a signal means, and this process ends after
 * it: else it would be left alone, with a lab that nobody looks at.
 *
 * @param {readonly string[]} args
 * @returns {Promise<number>}
 */
function runProgram(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--enable-source-maps", ...args], { stdio: "inherit" });
    for (const name of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
      process.removeAllListeners(name);
      // Ctrl-C reaches every process of the terminal by itself, and twice would be an emergency.
      const isForBoth = name === "SIGINT" && process.stdin.isTTY;
      process.on(name, () => isForBoth || child.kill(name));
    }
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? INTERRUPTED));
  });
}
