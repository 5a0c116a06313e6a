/** The program inside the lab for `contract.test.ts`. */
import { ipvsContract } from "../contract/ipvs-contract.ts";
import { openRealKernel } from "../contract/open-real-kernel.ts";
import { runCases } from "../lab/guest-runner.ts";

await runCases(ipvsContract(openRealKernel), undefined);
process.exit(0);
