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

/** What stands in the kernel. */
export interface FilterReading {
  /**
   * `other-ranges`: all but the ranges of the pods is as the settings ask. `other`: a table is missing, or
   * has other rules: those of other settings, of another version, or of somebody who changed them.
   */
  readonly tables: "as-wanted" | "other-ranges" | "other";
  /** All that our sets and source chains hold, whatever the rules are: until they are replaced they are in force. */
  readonly objects: readonly FilterObject[];
}

/** All methods reject with an `NftError` when the library or the kernel fails as a whole. */
export interface PacketFilter {
  /** What the tables are to be from now on. */
  configure(settings: FilterSettings): void;
  /** Reads both tables; writes nothing. */
  read(): Promise<FilterReading>;
  /** Puts the ranges of the pods in place of others; nothing else is touched. The tables must stand. */
  setPodRanges(): Promise<void>;
  /**
   * Makes both tables with the wanted rules and exactly these objects, in one transaction: until it is through,
   * what was there is in force. Rejects, with nothing done, when the kernel refuses any of it.
   */
  replace(objects: readonly FilterObject[]): Promise<void>;
  /**
   * One transaction for both families, removals before additions: all of it or nothing. When the
   * kernel refuses it, the operations at fault come back, or all of them when it does not say which.
   */
  write(operations: readonly FilterOperation[]): Promise<readonly OperationFailure[]>;
  /** Calls back when somebody else changed the ruleset of this network namespace. */
  onForeignChange(listener: () => void): void;
  close(): void;
}
