/** The kernel's connection tracking in domain words: only what a change of Services makes stale. */
import type { ForgetFlows } from "../model/flows.ts";

/** All methods reject with a `NetlinkError` when the socket or the kernel fails as a whole. */
export interface Conntrack {
  /** Deletes exactly the entries that each operation means; returns how many, where the kernel says it. */
  forget(operations: readonly ForgetFlows[]): Promise<number>;
  close(): void;
}
