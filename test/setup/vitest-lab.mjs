/** Runs before the tests of project `lab`, so that `npx vitest --project lab` alone works too. */
import { ALL_PROGRAMS } from "./kubernetes.mjs";
import { prepare } from "./prepare.mjs";

export default async function setup() {
  if (process.env["KUBE_IPVS_PREPARED"] !== "1")
    await prepare({ lab: true, kubernetes: ALL_PROGRAMS });
}
