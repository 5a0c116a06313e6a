/** Every case of this folder, in the order of kube-proxy's own tests. */
import { clusterAddressCases } from "./cluster-addresses.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { drainCases } from "./drains.ts";
import { endpointChangeCases } from "./endpoint-changes.ts";
import { externalAddressCases } from "./external-addresses.ts";
import { fixedRuleCases } from "./fixed-rules.ts";
import { healthCheckCases } from "./health-checks.ts";
import { kernelRefusalCases } from "./kernel-refusals.ts";
import { kernelServiceCases } from "./kernel-services.ts";
import { leftoverCases } from "./leftovers.ts";
import { nodeAddressCases } from "./node-addresses.ts";
import { nodePortCases } from "./node-ports.ts";
import { packetFilterCases } from "./packet-filter.ts";
import { serviceMapCases } from "./service-map.ts";
import { trafficPolicyCases } from "./traffic-policies.ts";

/** All cases. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...kernelRefusalCases,
  ...nodeAddressCases,
  ...nodePortCases,
  ...clusterAddressCases,
  ...externalAddressCases,
  ...healthCheckCases,
  ...serviceMapCases,
  ...endpointChangeCases,
  ...kernelServiceCases,
  ...leftoverCases,
  ...trafficPolicyCases,
  ...drainCases,
  ...packetFilterCases,
  ...fixedRuleCases,
];
