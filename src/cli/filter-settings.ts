/** What the packet filter's fixed rules are to be: the configuration, and this node's pod ranges. Pure. */
import { unreachable } from "../base/assert.ts";
import type { Config, DetectLocal } from "../config/config.ts";
import type { Range } from "../model/range.ts";
import type { FilterSettings, LocalClients } from "../nft/packet-filter.ts";

/** The settings on a node whose Node object has these `spec.podCIDRs`. */
export function filterSettingsOf(config: Config, podRanges: readonly Range[]): FilterSettings {
  const { masqueradeBit, masqueradeAll, detectLocal } = config;
  return { masqueradeBit, masqueradeAll, localClients: localClientsOf(detectLocal, podRanges) };
}

function localClientsOf(detectLocal: DetectLocal, podRanges: readonly Range[]): LocalClients {
  switch (detectLocal.mode) {
    case "cluster-cidr":
      return { kind: "ranges", ranges: detectLocal.ranges };
    case "node-cidr":
      return { kind: "ranges", ranges: podRanges };
    case "bridge":
      return { kind: "interface", name: detectLocal.interface };
    case "interface-prefix":
      return { kind: "interface-prefix", prefix: detectLocal.prefix };
    case "none":
      return { kind: "none" };
    default:
      return unreachable(detectLocal);
  }
}
