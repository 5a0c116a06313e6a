/** The program inside the lab for `differential.test.ts`. */

import { ApiCluster } from "../lab/api-cluster.ts";
import { runCases } from "../lab/guest-runner.ts";
import { differentialCases } from "./differential/all-cases.ts";
import { Harness } from "./harness/harness.ts";
import { isolated } from "./harness/service-case.ts";

const only = (process.env["CASES"] ?? "").split("|");
const cluster = await ApiCluster.open();
const harness = await Harness.open(cluster);
const cases = differentialCases
  .filter(({ name }) => only.some((part) => name.includes(part)))
  .map(({ name, upstream, run }) => ({
    ...{ name, upstream },
    run: (one: Harness) => run(one, cluster),
  }));
await runCases(isolated(cases), harness);
process.exit(0);
