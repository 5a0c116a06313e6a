/** Compares what `docs/conformance.md` says of our tests with the reports of the runs just before. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readText } from "./cache.mjs";
import { logPath } from "./command.mjs";
import { BUILD, ROOT } from "./paths.mjs";

/** Which report tells about which kind of test. */
const REPORTS = { unit: "fast", lab: "lab" };

/** Without a kernel no test of the lab passed: the log has them all. */
const FAULTS_SHOWN_MAX = 10;

/** Cells of a row: a bar inside one is escaped. */
const CELLS = /(?<!\\)\|/;

/**
 * The tests of ours that the page names, as `unit: NAME` or `lab: NAME`.
 *
 * @param {string} page
 * @returns {string[]}
 */
export function testsOnPage(page) {
  const rows = page.split("\n").filter((line) => line.startsWith("| "));
  const named = rows.flatMap((row) => row.split(CELLS)[2]?.split("<br>") ?? []);
  const plain = named.map((name) => name.trim().replaceAll(/\\(.)/g, "$1"));
  return [...new Set(plain.filter((name) => /^(?:unit|lab): /.test(name)))];
}

/**
 * One sentence for each test on the page that did not pass.
 *
 * @param {string} page
 * @param {(kind: "unit" | "lab") => readonly string[]} passed Names of the tests that did.
 * @returns {string[]}
 */
export function notPassed(page, passed) {
  const names = new Set(
    /** @type {const} */ (["unit", "lab"]).flatMap((kind) =>
      passed(kind).map((name) => `${kind}: ${name}`),
    ),
  );
  return testsOnPage(page)
    .filter((test) => !names.has(test))
    .map((test) => `docs/conformance.md names a test that did not pass: ${test}`);
}

/**
 * For `npm test`, after all tests: one check, however many tests it finds fault with.
 *
 * @param {string} log
 * @returns {Promise<import("./checks.mjs").Outcome>}
 */
export async function conformanceCheck(log) {
  const page = readText(join(ROOT, "docs", "conformance.md")) ?? "";
  const faults = notPassed(page, passedTests);
  if (testsOnPage(page).length === 0) faults.push("docs/conformance.md names no test of ours");
  writeFileSync(logPath(log), faults.map((fault) => `${fault}\n`).join(""));
  const isRight = faults.length === 0;
  const failures = faults.slice(0, FAULTS_SHOWN_MAX);
  return { passed: isRight ? 1 : 0, failed: isRight ? 0 : 1, failures };
}

/** @param {"unit" | "lab"} kind @returns {string[]} */
function passedTests(kind) {
  const text = readText(join(BUILD, "results", `${REPORTS[kind]}.json`));
  if (text === undefined) return [];
  /** @type {{ testResults: { assertionResults: { title: string, status: string }[] }[] }} */
  const report = JSON.parse(text);
  return report.testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === "passed").map(({ title }) => title),
  );
}
