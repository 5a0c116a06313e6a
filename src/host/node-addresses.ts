/** The addresses of this node's interfaces, followed as they come and go. */
import type { InterfaceAddress } from "../model/node-port-addresses.ts";

/** All methods reject with a `NetlinkError` when the socket or the kernel fails as a whole. */
export interface NodeAddresses {
  /** Those of all interfaces but `kube-ipvs0`, loopback ones included. */
  current(): Promise<readonly InterfaceAddress[]>;
  /** Calls back, a moment after the last of several changes, when an address or a link came or went. */
  onChange(listener: () => void): void;
  close(): void;
}
