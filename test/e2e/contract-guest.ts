/** The program inside the lab for `contract.test.ts`. */
import { filterContract } from "../contract/filter-contract.ts";
import { ipvsContract } from "../contract/ipvs-contract.ts";
import { openRealFilter } from "../contract/open-real-filter.ts";
import { openRealKernel } from "../contract/open-real-kernel.ts";
import { runCases } from "../lab/guest-runner.ts";

await runCases([...ipvsContract(openRealKernel), ...filterContract(openRealFilter)], undefined);
process.exit(0);
