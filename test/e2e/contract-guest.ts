/** The program inside the lab for `contract.test.ts`. */
import { ipvsContract } from "../contract/ipvs-contract.ts";
import { runCases } from "../lab/guest-runner.ts";
import { openKernel } from "./open-kernel.ts";

await runCases(ipvsContract(openKernel), undefined);
process.exit(0);
