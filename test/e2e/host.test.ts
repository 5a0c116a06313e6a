/** The node's addresses and its connection tracking, on a real kernel. */
import { labSuite } from "../lab/lab-suite.ts";
import { hostCases } from "./host-cases.ts";

labSuite("the node's own state on a real kernel", {
  guest: "test/e2e/host-guest.ts",
  cases: hostCases,
});
