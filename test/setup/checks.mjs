/** What `npm test` checks: each runs a tool and says how much passed and failed. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readText } from "./cache.mjs";
import { logPath, runStatus } from "./command.mjs";
import { conformanceCheck } from "./conformance.mjs";
import { BUILD, folder, ROOT } from "./paths.mjs";

/** Of one failed test; the log has them all. */
const MESSAGE_LINES_MAX = 12;

const BIN = join(ROOT, "node_modules", ".bin");

/**
 * @typedef {object} Outcome
 * @property {number} passed
 * @property {number} failed
 * @property {readonly string[]} failures What failed, for the user; the end of the log when empty.
 */

/**
 * @typedef {object} Check
 * @property {string} name
 * @property {string} log
 * @property {boolean} lab Needs the real kernel.
 * @property {(log: string) => Promise<Outcome>} run
 */

/** @type {readonly Check[]} */
export const CHECKS = [
  { name: "types", log: "types", lab: false, run: tool("tsc", []) },
  { name: "lint", log: "lint", lab: false, run: tool("biome", ["check", "--colors=off"]) },
  { name: "dead code", log: "dead-code", lab: false, run: tool("knip", ["--no-progress"]) },
  { name: "native library, with sanitizers", log: "native-test", lab: false, run: nativeTests },
  { name: "fast tests", log: "fast", lab: false, run: vitest("fast") },
  { name: "tests on a real kernel", log: "lab", lab: true, run: vitest("lab") },
  { name: "conformance page", log: "conformance", lab: true, run: conformanceCheck },
];

/**
 * A tool that is one test: it passes or fails as a whole.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {Check["run"]}
 */
function tool(program, args) {
  return async (log) => {
    const status = await runStatus(join(BIN, program), args, { log, cwd: ROOT });
    return { passed: status === 0 ? 1 : 0, failed: status === 0 ? 0 : 1, failures: [] };
  };
}

/** The C tests print `ok NAME` and `not ok NAME`. @type {Check["run"]} */
async function nativeTests(log) {
  const status = await runStatus("make", ["-C", "native", "test"], { log, cwd: ROOT });
  const lines = readFileSync(logPath(log), "utf8").split("\n");
  const failures = lines.filter((line) => line.startsWith("not ok"));
  const passed = lines.filter((line) => line.startsWith("ok ")).length;
  // A test that a sanitizer ends, or a program that prints nothing, is a failure too.
  const silent = failures.length === 0 && (status !== 0 || passed === 0);
  return { passed, failed: failures.length + (silent ? 1 : 0), failures };
}

/**
 * @typedef {object} VitestReport
 * @property {number} numPassedTests
 * @property {number} numTotalTests
 * @property {boolean} success
 * @property {readonly { name: string, message: string, assertionResults: readonly { fullName: string, status: string, failureMessages: readonly string[] | null }[] }[]} testResults
 */

/** @param {string} project @returns {Check["run"]} */
function vitest(project) {
  return async (log) => {
    const output = join(folder(join(BUILD, "results")), `${project}.json`);
    rmSync(output, { force: true });
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${output}`];
    const args = ["run", "--project", project, ...reporters];
    const env = { NO_COLOR: "1", FORCE_COLOR: undefined, CI: "1" };
    const status = await runStatus(join(BIN, "vitest"), args, { log, cwd: ROOT, env });
    const text = readText(output);
    if (text === undefined) return { passed: 0, failed: 1, failures: [] };
    return summary(JSON.parse(text), status);
  };
}

/** @param {VitestReport} report @param {number} status @returns {Outcome} */
function summary({ numPassedTests, testResults }, status) {
  const failures = testResults.flatMap(({ name, message, assertionResults }) => {
    // A skipped test counts as failed: nothing is left out silently.
    const failed = assertionResults.filter((test) => test.status !== "passed");
    if (failed.length > 0) return failed.map(failureText);
    return message || assertionResults.length === 0 ? [`${name}: ${message || "no tests"}`] : [];
  });
  // Errors outside of tests, such as in a hook, are in the log only.
  const outside = status !== 0 && failures.length === 0 ? 1 : 0;
  return { passed: numPassedTests, failed: failures.length + outside, failures };
}

/**
 * The name, what was expected, and where in the tests.
 *
 * @param {VitestReport["testResults"][number]["assertionResults"][number]} test
 */
function failureText({ fullName, status, failureMessages }) {
  const lines = (failureMessages?.[0] ?? status).split("\n");
  const isPlace = (/** @type {string} */ line) => /^ +at /.test(line);
  const place = lines.find((line) => isPlace(line) && line.includes("/test/"));
  const message = lines.filter((line) => !isPlace(line)).slice(0, MESSAGE_LINES_MAX);
  return [`${fullName}: ${message.join("\n")}`, ...(place ? [place.trim()] : [])].join("\n");
}
