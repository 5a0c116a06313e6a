/** The contract of `Ipvs` and `ServiceInterface`, on a real kernel. */
import { ipvsContract } from "../contract/ipvs-contract.ts";
import { labSuite } from "../lab/lab-suite.ts";

// Out here only the names matter: nothing is opened.
const cases = ipvsContract(() => Promise.reject(new Error("the contract runs inside the lab")));

labSuite("the contract on a real kernel", { guest: "test/e2e/contract-guest.ts", cases });
