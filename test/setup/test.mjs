/**
 * `npm test`: sets up what is missing, runs every check to its end, and sums up.
 * With --fast everything but the lab, and so without a kernel.
 */
import "./node-version.mjs";
import { performance } from "node:perf_hooks";
import { CHECKS } from "./checks.mjs";
import { lastLines, logPath, SetupError } from "./command.mjs";
import { elapsed, movingLine, write } from "./display.mjs";
import { ALL_PROGRAMS } from "./kubernetes.mjs";
import { main } from "./main.mjs";
import { prepare } from "./prepare.mjs";

/** @typedef {import("./checks.mjs").Check} Check */
/** @typedef {import("./checks.mjs").Outcome} Outcome */

await main(async () => {
  const fast = process.argv.includes("--fast");
  const broken = await prepareOrTell(!fast);
  process.env["KUBE_IPVS_PREPARED"] = "1";
  /** @type {Outcome[]} */
  const outcomes = [];
  if (broken) outcomes.push({ passed: 0, failed: 1, failures: [] });
  for (const check of CHECKS.filter(({ lab }) => !fast || !lab)) outcomes.push(await run(check));
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failed = outcomes.reduce((sum, outcome) => sum + outcome.failed, 0);
  write(`${passed} passed, ${failed} failed\n`);
  return failed === 0 ? 0 : 1;
});

/** True when the set-up failed: the checks that do not need the missing part still run. @param {boolean} lab */
async function prepareOrTell(lab) {
  try {
    await prepare({ lab, kubernetes: lab ? ALL_PROGRAMS : [] });
    return false;
  } catch (err) {
    if (!(err instanceof SetupError)) throw err;
    write(`${err.message}\n`);
    return true;
  }
}

/** @param {Check} check @returns {Promise<Outcome>} */
async function run({ name, log, run }) {
  const startMs = performance.now();
  const line = movingLine(name, startMs);
  const outcome = await run(log).catch((err) => {
    if (!(err instanceof SetupError)) throw err;
    return { passed: 0, failed: 1, failures: [err.message] };
  });
  const { passed, failed, failures } = outcome;
  line.end(`${name}: ${passed} passed, ${failed} failed, ${elapsed(startMs)}\n`);
  for (const failure of failures) write(`  ${failure.replaceAll("\n", "\n    ")}\n`);
  if (failed > 0) write(`  The whole output is in ${logPath(log)}\n`);
  if (failed > 0 && failures.length === 0) write(`${lastLines(log)}\n`);
  return outcome;
}
