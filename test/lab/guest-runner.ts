/** Runs test cases inside the lab, one after the other in one process, and reports each to the outside. */
import { report } from "./report.ts";

/** Long: comparisons with kube-proxy, which starts a process for each entry of its sets, take half of it on a slow machine. */
const CASE_MS_MAX = 480_000;

/** One thing to show, with what it needs. */
export interface LabCase<Context = undefined> {
  /** A sentence about behaviour; unique in its suite, for the outside finds the result by it. */
  readonly name: string;
  /** Rejects when it does not hold. */
  run(context: Context): Promise<void>;
}

/** What the outside gets for each case. */
export interface CaseResult {
  readonly case: string;
  readonly ok: boolean;
  /** With stack; "" when ok. */
  readonly error: string;
  readonly tookMs: number;
}

/** Runs all cases in order; one that fails does not stop the others. */
export async function runCases<Context>(
  cases: readonly LabCase<Context>[],
  context: Context,
): Promise<void> {
  for (const { name, run } of cases) {
    const startMs = performance.now();
    const error = await outcome(() => run(context));
    const result: CaseResult = {
      case: name,
      ok: error === "",
      error,
      tookMs: performance.now() - startMs,
    };
    report(result);
  }
}

async function outcome(run: () => Promise<void>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`took longer than ${CASE_MS_MAX} ms`), CASE_MS_MAX);
  });
  try {
    return await Promise.race([run().then(() => ""), late]);
  } catch (err) {
    return err instanceof Error ? (err.stack ?? err.message) : String(err);
  } finally {
    clearTimeout(timer);
  }
}
