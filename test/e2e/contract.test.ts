/** The contracts of `Ipvs`, `ServiceInterface` and `PacketFilter`, on a real kernel. */
import { filterContract } from "../contract/filter-contract.ts";
import { ipvsContract } from "../contract/ipvs-contract.ts";
import { labSuite } from "../lab/lab-suite.ts";

// Out here only the names matter: nothing is opened.
const outside = () => Promise.reject(new Error("the contract runs inside the lab"));
const cases = [...ipvsContract(outside), ...filterContract(outside)];

labSuite("the contract on a real kernel", { guest: "test/e2e/contract-guest.ts", cases });
