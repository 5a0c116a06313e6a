/** `kube-ipvs0`, the dummy link that holds the service addresses, in domain words. */
import type { Address } from "../model/address.ts";
import type { AddressOperation, OperationFailure } from "../model/operation.ts";

/** Name that kube-proxy's IPVS mode uses too, so that a take-over finds the addresses in place. */
export const SERVICE_INTERFACE = "kube-ipvs0";

/** All methods reject with a `NetlinkError` when the socket or the kernel fails as a whole. */
export interface ServiceInterface {
  /**
   * Makes sure that the link exists and is a dummy; creates it (left down) when missing.
   * Rejects when the name belongs to a link of another kind, and never changes that one.
   */
  ensure(): Promise<"created" | "present">;
  /** Addresses on the link (IPv6 link-local ones excepted), or undefined when there is no such link. */
  addresses(): Promise<readonly Address[] | undefined>;
  /**
   * Adds and removes host addresses (/32, /128) in batches. Adding what is present and removing what
   * is absent succeed. Refusals come back in order of their index and do not stop the others.
   */
  write(operations: readonly AddressOperation[]): Promise<readonly OperationFailure[]>;
  close(): void;
}
