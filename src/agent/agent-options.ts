/** What an agent is made of: its outside, and what it is set to. */
import type { ClusterSource } from "../kube/change.ts";
import type { Address } from "../model/address.ts";
import type { NodePortAddresses } from "../model/node-port-addresses.ts";
import type { PassesOptions } from "./passes.ts";

/** All of it. */
export interface AgentOptions extends Omit<PassesOptions, "store"> {
  readonly nodeName: string;
  readonly source: ClusterSource;
  readonly nodePortAddresses: NodePortAddresses;
  /** Beats the Node's main address of its family; undefined for none. */
  readonly bindAddress: Address | undefined;
  /** Called when the first pass is over, and each other one that planned something. */
  readonly onPass: () => void;
  /** Called once, when the kernel has taken all of a complete picture and has refused nothing of it. */
  readonly onVerified: () => void;
}
