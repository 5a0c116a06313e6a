/** What an agent needs besides kernel, source and clock, where a test does not care. */
import type { AgentOptions } from "../../src/agent/agent-options.ts";
import type { NodeAddressFacts } from "../../src/agent/store.ts";
import { NO_OBSERVER } from "../../src/observe/agent-observer.ts";

/** A node that nothing is known of. */
export const NO_ADDRESSES: NodeAddressFacts = {
  interfaceAddresses: [],
  nodePortAddresses: { kind: "all" },
  bindAddress: undefined,
};

/** Nobody watches, nothing is excluded, and no client is known to be of this side. */
export const SURROUNDINGS: Pick<
  AgentOptions,
  | "nodePortAddresses"
  | "bindAddress"
  | "filterSettings"
  | "onNodeAddresses"
  | "excludeRanges"
  | "observer"
  | "minSyncPeriodMs"
  | "healthChecks"
  | "onVerified"
> = {
  nodePortAddresses: NO_ADDRESSES.nodePortAddresses,
  bindAddress: NO_ADDRESSES.bindAddress,
  filterSettings: () => ({
    masqueradeBit: 14,
    masqueradeAll: false,
    localClients: { kind: "none" },
  }),
  onNodeAddresses: () => {},
  excludeRanges: [],
  observer: NO_OBSERVER,
  minSyncPeriodMs: 10,
  healthChecks: { set: () => {} },
  onVerified: () => {},
};
