/** A case of the end-to-end suite, and what is done around each of them. */
import type { LabCase } from "../../lab/guest-runner.ts";
import type { Harness } from "./harness.ts";

/** One behaviour. */
export interface ServiceCase extends LabCase<Harness> {
  /**
   * Upstream's end-to-end tests with the same meaning, each by the suite's name and its own, such as
   * `Services should serve a basic endpoint from pods`. Empty for what is ours alone.
   */
  readonly upstream: readonly string[];
}

/** The same cases, each beginning on an empty cluster, and with the evidence in the error of a failed one. */
export function isolated(cases: readonly ServiceCase[]): LabCase<Harness>[] {
  return cases.map(({ name, run }) => ({
    name,
    run: async (harness) => {
      await harness.reset();
      try {
        await run(harness);
      } catch (err) {
        const { stack, message } = err instanceof Error ? err : new Error(String(err));
        throw new Error(`${stack ?? message}\n\n${await harness.evidence()}`, { cause: err });
      }
    },
  }));
}
