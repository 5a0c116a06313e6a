/** The suite of all Services, in parts that can run beside each other: each has a lab and a cluster of its own. */
import { labSuite } from "../lab/lab-suite.ts";
import { apiCases } from "./api/all-cases.ts";
import { casesOfPart } from "./parts.ts";
import { serviceCases } from "./services/all-cases.ts";

/** Declares the tests of one part: the real agent on a real node, Services in, traffic out. */
export function serviceSuite(part: number): void {
  labSuite("Services", {
    guest: "test/e2e/services-guest.ts",
    cases: casesOfPart([...serviceCases, ...apiCases], part),
    env: { PART: String(part) },
    memoryMb: 3072,
  });
}
