/** The real agent on a real node: Services in, traffic out. */
import { labSuite } from "../lab/lab-suite.ts";
import { apiCases } from "./api/all-cases.ts";
import { serviceCases } from "./services/all-cases.ts";

labSuite("Services", {
  guest: "test/e2e/services-guest.ts",
  cases: [...serviceCases, ...apiCases],
  memoryMb: 3072,
});
