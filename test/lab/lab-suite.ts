/** Lab cases as tests of the outside runner: one boot for a suite, one test for each case. */
import { afterAll, beforeAll, describe, test } from "vitest";
import { bundleProgram } from "../setup/bundle.mjs";
import { bootLab, type LabResult } from "./boot.ts";
import type { CaseResult, LabCase } from "./guest-runner.ts";

const SUITE_MS_MAX = 1_800_000;

/** What a suite runs. */
export interface LabSuite {
  /** The program inside: it calls `runCases` with the same cases, and imports no vitest. */
  readonly guest: string;
  readonly cases: readonly Pick<LabCase, "name">[];
  /** Of the program inside. */
  readonly env?: Readonly<Record<string, string>>;
  readonly memoryMb?: number;
}

/** Declares the suite's tests. Nothing is booted until they run. */
export function labSuite(title: string, { guest, cases, env, memoryMb = 2048 }: LabSuite): void {
  describe(title, () => {
    const results = new Map<string, Result>();
    for (const { name } of cases) {
      if (results.has(name)) throw new Error(`two cases have the name: ${name}`);
      results.set(name, new Result());
    }
    const abort = new AbortController();
    let lab: Promise<unknown> | undefined;

    beforeAll(async () => {
      const program = await bundleProgram(guest);
      lab = bootLab({
        command: ["node", "--enable-source-maps", program],
        // Words of names: suites that look at it run only such cases, and the others have no result.
        env: { ...env, CASES: process.env["CASES"] ?? "" },
        timeoutMs: SUITE_MS_MAX,
        memoryMb,
        signal: abort.signal,
        onLine: (line) => {
          const result = line as CaseResult;
          results.get(result.case)?.resolve(result);
        },
      }).then(
        (ended) => endAll(results, missingReason(ended)),
        (err: Error) => endAll(results, err),
      );
    });
    afterAll(async () => {
      abort.abort();
      await lab;
    });

    for (const [name, result] of results) {
      test(name, async () => {
        const { ok, error } = await result.promise;
        if (!ok) throw new Error(`inside the lab: ${error}`);
      });
    }
  });
}

function missingReason({ exitStatus, output }: LabResult): Error {
  return new Error(`the program inside ended with ${exitStatus} before this case\n${output}`);
}

/** What has no result by now gets none. */
function endAll(results: ReadonlyMap<string, Result>, reason: Error): void {
  for (const result of results.values()) result.reject(reason);
}

/** A result that is on its way. */
class Result {
  readonly promise: Promise<CaseResult>;
  resolve: (result: CaseResult) => void = () => {};
  reject: (reason: Error) => void = () => {};

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
    // A test that was filtered out leaves its rejection to nobody.
    this.promise.catch(() => {});
  }
}
