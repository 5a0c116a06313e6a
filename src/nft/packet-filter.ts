/** Our nftables tables, `ip kube-ipvs` and `ip6 kube-ipvs`, in domain words: no nftables text crosses this interface. */
import type { OperationFailure } from "../model/operation.ts";
import type { FilterObject, FilterOperation } from "../model/packet-filter.ts";
import type { Range } from "../model/range.ts";

/** How traffic of this side of the cluster (pods of this node) is told from all other. */
export type LocalClients =
  | { readonly kind: "ranges"; readonly ranges: readonly Range[] }
  | { readonly kind: "interface"; readonly name: string }
  | { readonly kind: "interface-prefix"; readonly prefix: string }
  | { readonly kind: "none" };

/** What the fixed rules of our tables depend on. */
export interface FilterSettings {
  /** Bit (0 to 31) of the connection mark that asks for masquerade; of the packet mark, where others ask. */
  readonly masqueradeBit: number;
  /** Masquerade everything that goes to a cluster address. */
  readonly masqueradeAll: boolean;
  readonly localClients: LocalClients;
}

/** All methods reject with an `NftError` when the library or the kernel fails as a whole. */
export interface PacketFilter {
  /** What `ensure` works for from now on. */
  configure(settings: FilterSettings): void;
  /**
   * Makes sure that our tables stand, with the chains, rules and sets that the settings ask for. What
   * is right already is not touched; a table whose rules are not as wanted is replaced in one
   * transaction, and is empty then.
   */
  ensure(): Promise<"created" | "present">;
  /** All that our sets and source chains hold; undefined when a table is missing or its base is not as wanted. */
  objects(): Promise<readonly FilterObject[] | undefined>;
  /**
   * One transaction for both families, removals before additions: all of it or nothing. When the
   * kernel refuses it, the operations at fault come back, or all of them when it does not say which.
   */
  write(operations: readonly FilterOperation[]): Promise<readonly OperationFailure[]>;
  /** Calls back when somebody else changed the ruleset of this network namespace. */
  onForeignChange(listener: () => void): void;
  close(): void;
}
