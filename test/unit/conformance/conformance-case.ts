/** A test of ours with the meaning of one of Kubernetes' own. */

/** One behaviour. All cases are run by `conformance.test.ts`, and shown in `docs/conformance.md`. */
export interface ConformanceCase {
  /** A sentence; no other case has it. */
  readonly name: string;
  /** The ids of the tests with the same meaning: see test/conformance/upstream-test.ts. */
  readonly upstream: readonly string[];
  /** Throws when the behaviour is another one. */
  readonly run: () => Promise<void> | void;
}
