/** Every case of this folder, in the order of kube-proxy's own tests. */
import type { ConformanceCase } from "./conformance-case.ts";
import { nodePortCases } from "./node-ports.ts";

/** All cases. */
export const conformanceCases: readonly ConformanceCase[] = [...nodePortCases];
