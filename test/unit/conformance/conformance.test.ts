/** What kube-proxy's own tests of its IPVS mode assert, of ours. */
import { test } from "vitest";
import { conformanceCases } from "./all-cases.ts";

for (const { name, run } of conformanceCases) test(name, run);
