/** The program inside the lab for `lab.test.ts`. */
import { runCases } from "../lab/guest-runner.ts";
import { SAMPLE_CLIENT_POD, SAMPLE_OUTSIDE, SAMPLE_PODS } from "../lab/sample-topology.ts";
import { createTopology } from "../lab/topology.ts";
import { labCases } from "./lab-cases.ts";

const topology = await createTopology({
  pods: [...SAMPLE_PODS, SAMPLE_CLIENT_POD],
  clients: [SAMPLE_OUTSIDE],
});
await runCases(labCases, { topology });
await topology.close();
