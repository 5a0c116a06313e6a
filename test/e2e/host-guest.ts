/** The program inside the lab for `host.test.ts`. */
import { runCases } from "../lab/guest-runner.ts";
import { SAMPLE_CLIENT_POD, SAMPLE_PODS } from "../lab/sample-topology.ts";
import { createTopology } from "../lab/topology.ts";
import { hostCases } from "./host-cases.ts";

const topology = await createTopology({ pods: [...SAMPLE_PODS, SAMPLE_CLIENT_POD] });
await runCases(hostCases, undefined);
await topology.close();
