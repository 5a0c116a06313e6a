/** One test of Kubernetes' own that says how a Service behaves, and what we have to say about it. */

/** A test as upstream names it, without the tags in brackets that end the names of end-to-end tests. */
export interface UpstreamTest {
  /** The file, package or suite that it is in. */
  readonly suite: string;
  /** Of a unit test with cases `TestName/case`; of an end-to-end test what stands in `It(...)`. */
  readonly name: string;
  /** What one of ours names it by: see {@link upstreamTests}. */
  readonly id: string;
  /** How our behaviour differs from what it asserts, where it does so on purpose. */
  readonly differs: string | undefined;
  /** Why there can be none of ours: follows "cannot apply:". */
  readonly cannotApply: string | undefined;
}

/** A name, or a name with what there is to say about it. */
export type ListedTest =
  | string
  | { readonly name: string; readonly differs: string }
  | { readonly name: string; readonly cannotApply: string };

/** The tests of one file of unit tests. Go's unit tests have names that need no suite: `id` is the name. */
export function unitTests(file: string, tests: readonly ListedTest[]): readonly UpstreamTest[] {
  return tests.map((test) => upstreamTest(file, test, nameOf(test)));
}

/** The tests of one end-to-end suite: `id` is the suite's name and the test's. */
export function suiteTests(suite: string, tests: readonly ListedTest[]): readonly UpstreamTest[] {
  return tests.map((test) => upstreamTest(suite, test, `${suite} ${nameOf(test)}`));
}

function nameOf(test: ListedTest): string {
  return typeof test === "string" ? test : test.name;
}

function upstreamTest(suite: string, test: ListedTest, id: string): UpstreamTest {
  const remark: Partial<Pick<UpstreamTest, "differs" | "cannotApply">> =
    typeof test === "string" ? {} : test;
  return {
    suite,
    name: nameOf(test),
    id,
    differs: remark.differs,
    cannotApply: remark.cannotApply,
  };
}

/** Names under a common beginning: `cases("TestGetNodeIPs", "0", "1")`. */
export function cases(test: string, ...names: readonly string[]): string[] {
  return names.map((name) => `${test}/${name}`);
}
