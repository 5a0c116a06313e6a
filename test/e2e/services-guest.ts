/**
 * The program inside the lab for `services.test.ts`: the objects go to a real API server, from which the
 * agent has them. `CASES` (`one part|another`) runs only those with a part in their names.
 */

import { ApiCluster } from "../lab/api-cluster.ts";
import { runCases } from "../lab/guest-runner.ts";
import { apiCases } from "./api/all-cases.ts";
import { Harness } from "./harness/harness.ts";
import { isolated } from "./harness/service-case.ts";
import { serviceCases } from "./services/all-cases.ts";

const only = (process.env["CASES"] ?? "").split("|");
const isWanted = ({ name }: { readonly name: string }): boolean =>
  only.some((part) => name.includes(part));
const cluster = await ApiCluster.open();
const harness = await Harness.open(cluster);
const withCluster = apiCases.map(({ name, upstream, run }) => ({
  ...{ name, upstream },
  run: (one: Harness) => run(one, cluster),
}));
await runCases(isolated([...serviceCases, ...withCluster].filter(isWanted)), harness);
process.exit(0);
