/**
 * The program inside the lab for `services-1.test.ts` and its likes: the objects go to a real API server,
 * from which the agent has them. `PART` says which part of the suite it is, all of it without; `CASES`
 * (`some words|others`) runs only those with such words in their names.
 */

import { ApiCluster } from "../lab/api-cluster.ts";
import { runCases } from "../lab/guest-runner.ts";
import { apiCases } from "./api/all-cases.ts";
import { Harness } from "./harness/harness.ts";
import { isolated } from "./harness/service-case.ts";
import { casesOfPart } from "./parts.ts";
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
const all = [...serviceCases, ...withCluster];
const part = Number(process.env["PART"] ?? 0);
const cases = part > 0 ? casesOfPart(all, part) : all;
await runCases(isolated(cases.filter(isWanted)), harness);
process.exit(0);
