/** The program inside the lab for `services.test.ts`. `CASES` runs only those whose name has it inside. */
import { runCases } from "../lab/guest-runner.ts";
import { Harness } from "./harness/harness.ts";
import { isolated } from "./harness/service-case.ts";
import { serviceCases } from "./services/all-cases.ts";

const only = process.env["CASES"] ?? "";
const harness = await Harness.open();
await runCases(isolated(serviceCases.filter(({ name }) => name.includes(only))), harness);
process.exit(0);
