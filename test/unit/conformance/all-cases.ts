/** Every case of this folder, in the order of kube-proxy's own tests. */
import { clusterAddressCases } from "./cluster-addresses.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { externalAddressCases } from "./external-addresses.ts";
import { kernelServiceCases } from "./kernel-services.ts";
import { nodePortCases } from "./node-ports.ts";
import { trafficPolicyCases } from "./traffic-policies.ts";

/** All cases. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...nodePortCases,
  ...clusterAddressCases,
  ...externalAddressCases,
  ...kernelServiceCases,
  ...trafficPolicyCases,
];
