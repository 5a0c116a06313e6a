/** The program inside the lab for `services.test.ts`. `CASES` (`one part|another`) runs only those with a part in their names. */
import { runCases } from "../lab/guest-runner.ts";
import { Harness } from "./harness/harness.ts";
import { isolated } from "./harness/service-case.ts";
import { serviceCases } from "./services/all-cases.ts";

const only = (process.env["CASES"] ?? "").split("|");
const harness = await Harness.open();
await runCases(
  isolated(serviceCases.filter(({ name }) => only.some((part) => name.includes(part)))),
  harness,
);
process.exit(0);
