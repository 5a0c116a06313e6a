/** The real kube-proxy and the agent, one after the other on the same clusters. */
import { labSuite } from "../lab/lab-suite.ts";
import { differentialCases } from "./differential/all-cases.ts";

labSuite("kube-proxy and kube-ipvs", {
  guest: "test/e2e/differential-guest.ts",
  cases: differentialCases,
  memoryMb: 3072,
});
