/** The kernel as the agent sees it: the parts that a test replaces by one fake. */
import type { Conntrack } from "../conntrack/conntrack.ts";
import type { NodeAddresses } from "../host/node-addresses.ts";
import type { ServiceInterface } from "../host/service-interface.ts";
import type { Ipvs } from "../ipvs/ipvs.ts";
import type { PacketFilter } from "../nft/packet-filter.ts";

/** What a pass reads and writes. */
export interface Kernel {
  readonly ipvs: Ipvs;
  readonly link: ServiceInterface;
  readonly filter: PacketFilter;
  readonly conntrack: Conntrack;
  readonly nodeAddresses: NodeAddresses;
}
