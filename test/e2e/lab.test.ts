/** The lab's own suite, on a real kernel. */
import { labSuite } from "../lab/lab-suite.ts";
import { labCases } from "./lab-cases.ts";

labSuite("the lab", { guest: "test/e2e/lab-guest.ts", cases: labCases });
