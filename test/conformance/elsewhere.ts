/** Tests of other folders that have the meaning of one of Kubernetes' own. */
import type { OwnTest } from "./own-tests.ts";

/** One of them, with the file that it is in. */
export interface TestElsewhere extends OwnTest {
  readonly file: string;
}

/** By their names as they stand in the file. */
export const elsewhere: readonly TestElsewhere[] = [
  {
    name: "ends when it is told to, after the pass it is in, and leaves the kernel as it is",
    kind: "unit",
    upstream: ["TestCleanupLeftovers"],
    file: "test/unit/agent/agent.test.ts",
  },
  {
    name: "jumps go first, then all chains are emptied, then deleted; sets go last",
    kind: "unit",
    upstream: ["TestCleanupLeftovers"],
    file: "test/unit/takeover/take-over.test.ts",
  },
];
