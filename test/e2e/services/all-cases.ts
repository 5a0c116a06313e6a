/** Every case of the end-to-end suite, in order. The outside reads the names, the inside runs them. */
import type { ServiceCase } from "../harness/service-case.ts";
import { affinityCases } from "./affinity.ts";
import { blackHoleCases } from "./black-holes.ts";
import { changeCases } from "./changes.ts";
import { clusterIpCases } from "./cluster-ip.ts";
import { commandCases } from "./commands.ts";
import { connectionTrackingCases } from "./connection-tracking.ts";
import { drainCases } from "./drains.ts";
import { endpointCases } from "./endpoints.ts";
import { externalAddressCases } from "./external-addresses.ts";
import { externalPolicyCases } from "./external-policy.ts";
import { foreignMarkCases } from "./foreign-marks.ts";
import { guardedAddressCases } from "./guarded-addresses.ts";
import { hairpinCases } from "./hairpin.ts";
import { healthCheckPortCases } from "./health-check-ports.ts";
import { hostPortCases } from "./host-ports.ts";
import { internalPolicyCases } from "./internal-policy.ts";
import { masqueradeCases } from "./masquerade.ts";
import { nodePortAddressCases } from "./node-port-addresses.ts";
import { nodePortCases } from "./node-ports.ts";
import { otherRuleCases } from "./other-rules.ts";
import { packetFilterCases } from "./packet-filter.ts";
import { refusalCases } from "./refusals.ts";
import { restartCases } from "./restarts.ts";
import { schedulerCases } from "./schedulers.ts";
import { sourceRangeCases } from "./source-ranges.ts";
import { takeOverCases } from "./take-over.ts";
import { takeOverOnNodeCases } from "./take-over-on-node.ts";
import { topologyCases } from "./topology.ts";
import { udpFlowCases } from "./udp-flows.ts";

/** All cases. */
export const serviceCases: readonly ServiceCase[] = [
  ...clusterIpCases,
  ...changeCases,
  ...schedulerCases,
  ...drainCases,
  ...restartCases,
  ...commandCases,
  ...nodePortCases,
  ...nodePortAddressCases,
  ...externalAddressCases,
  ...guardedAddressCases,
  ...externalPolicyCases,
  ...internalPolicyCases,
  ...healthCheckPortCases,
  ...affinityCases,
  ...sourceRangeCases,
  ...masqueradeCases,
  ...hairpinCases,
  ...udpFlowCases,
  ...endpointCases,
  ...topologyCases,
  ...packetFilterCases,
  ...connectionTrackingCases,
  ...takeOverCases,
  ...takeOverOnNodeCases,
  ...blackHoleCases,
  ...refusalCases,
  ...hostPortCases,
  ...foreignMarkCases,
  ...otherRuleCases,
];
