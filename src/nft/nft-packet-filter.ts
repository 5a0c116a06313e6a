/** Our tables through libnftables: makes them, reads them, changes them in transactions, and hears of others. */
import { AssertionError } from "../base/assert.ts";
import type { Clock } from "../base/clock.ts";
import type { Family } from "../model/address.ts";
import { type OperationFailure, operationText } from "../model/operation.ts";
import type { FilterObject, FilterOperation } from "../model/packet-filter.ts";
import { sourceOf } from "../netlink/codec.ts";
import { type Listener, listen as listenToNetlink } from "../netlink/multicast.ts";
import { ownPorts, PROC_ROOT } from "../netlink/own-ports.ts";
import { NETLINK } from "../netlink/socket.ts";
import { operationScript } from "./element-text.ts";
import { ForeignChanges } from "./foreign-changes.ts";
import { type NftLibrary, openNftLibrary } from "./library.ts";
import { type Listing, readListing } from "./listing.ts";
import { nftErrorOf } from "./nft-error.ts";
import type { FilterReading, FilterSettings, PacketFilter } from "./packet-filter.ts";
import {
  type Base,
  baseOf,
  baseScript,
  outlineOf,
  podRangesScript,
  TABLE,
  tableFamily,
} from "./ruleset.ts";
import { ToldTransactions } from "./told-transactions.ts";

/** `NFNLGRP_NFTABLES` of `<linux/netfilter/nfnetlink.h>`. */
const GROUP_NFTABLES = 7;

/** What kernels say of a table or of a set that is not there. */
const ABSENT = /no such file or directory/i;

const FAMILIES: readonly Family[] = ["ipv4", "ipv6"];

/** What it is made of; tests hand in their own. */
export interface NftPacketFilterOptions {
  readonly clock: Clock;
  readonly library: NftLibrary;
  readonly listen: typeof listenToNetlink;
  /** The ports of our netfilter sockets, the library's among them. */
  readonly ownPorts: () => ReadonlySet<number>;
}

/**
 * Opens it. Throws an `NftError` without libnftables, a `NetlinkError` without the socket, the file system's
 * error without `/proc`.
 */
export function openPacketFilter(options: Pick<NftPacketFilterOptions, "clock">): PacketFilter {
  return new NftPacketFilter({
    ...options,
    library: openNftLibrary(),
    listen: listenToNetlink,
    ownPorts: () => ownPorts(NETLINK.netfilter, PROC_ROOT),
  });
}

/** The tables `ip kube-ipvs` and `ip6 kube-ipvs`. */
export class NftPacketFilter implements PacketFilter {
  readonly #library: NftLibrary;
  readonly #changes: ForeignChanges;
  readonly #told = new ToldTransactions();
  readonly #listen: typeof listenToNetlink;
  readonly #listeners: (() => void)[] = [];
  /** The handles of the fixed rules as they were when they were right. */
  readonly #handles = new Map<Family, string>();
  #bases: readonly Base[] = [];
  /** Undefined when listening has failed: whoever reads next starts it again. */
  #listener: Listener | undefined;
  #isClosed = false;

  constructor({ library, listen, ...options }: NftPacketFilterOptions) {
    this.#library = library;
    this.#listen = listen;
    const onForeign = (): void => {
      for (const listener of this.#listeners) listener();
    };
    this.#changes = new ForeignChanges({ ...options, onForeign });
    this.#listener = this.#follow();
  }

  configure(settings: FilterSettings): void {
    this.#bases = FAMILIES.map((family) => baseOf(family, settings));
  }

  async read(): Promise<FilterReading> {
    const objects: FilterObject[] = [];
    let tables: FilterReading["tables"] = "as-wanted";
    for (const base of this.#wanted()) {
      const found = await this.#list(base);
      objects.push(...(found?.objects ?? []));
      if (!found || !this.#hasRules(base, found)) tables = "other";
      else if (tables === "as-wanted" && !hasPodRanges(base, found)) tables = "other-ranges";
    }
    return { tables, objects };
  }

  async setPodRanges(): Promise<void> {
    await this.#change(this.#wanted().map(podRangesScript).join(""));
  }

  async replace(objects: readonly FilterObject[]): Promise<void> {
    const tables = this.#wanted().map(baseScript).join("");
    const additions = objects.map((object) => ({ kind: "add-filter", object }) as const);
    this.#handles.clear();
    await this.#change(tables + operationScript(additions));
  }

  async write(operations: readonly FilterOperation[]): Promise<readonly OperationFailure[]> {
    if (operations.length === 0) return [];
    const { succeeded, errors } = await this.#library.run(operationScript(operations));
    if (succeeded) return [];
    const error = nftErrorOf(errors);
    if (error.code !== "REFUSED") throw error;
    return operations.map((operation, index) => ({
      index,
      code: ABSENT.test(errors) ? "ENOENT" : "EINVAL",
      message: `${operationText(operation)}: ${error.message}`,
    }));
  }

  onForeignChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#isClosed = true;
    this.#listener?.close();
    this.#changes.close();
    this.#library.close();
  }

  #follow(): Listener {
    return this.#listen({
      family: NETLINK.netfilter,
      groups: [GROUP_NFTABLES],
      onDatagram: (bytes) => this.#heard(bytes),
      onLost: () => this.#changes.lost(),
      // Told as a change of others: who then reads learns, by a rejection, when it cannot begin again.
      onError: () => {
        this.#listener = undefined;
        this.#changes.lost();
      },
    });
  }

  #wanted(): readonly Base[] {
    if (!this.#isClosed) this.#listener ??= this.#follow();
    if (this.#bases.length === 0) throw new AssertionError("the packet filter is not configured");
    return this.#bases;
  }

  /** The table as it is; undefined when there is none. */
  async #list({ family }: Base): Promise<Listing | undefined> {
    const { succeeded, output, errors } = await this.#library.run(
      `list table ${tableFamily(family)} ${TABLE}`,
    );
    // A listing that others interrupt makes the library open another socket.
    this.#changes.forgetPorts();
    if (succeeded) return readListing(family, output);
    if (ABSENT.test(errors)) return undefined;
    throw nftErrorOf(errors);
  }

  /** True when the fixed rules are those of `base`, and those that they were when they were right before. */
  #hasRules(base: Base, found: Listing): boolean {
    if (outlineOf(base).join("\n") !== found.outline.join("\n")) return false;
    const before = this.#handles.get(base.family);
    this.#handles.set(base.family, before ?? found.handles);
    return before === undefined || before === found.handles;
  }

  async #change(script: string): Promise<void> {
    const { succeeded, errors } = await this.#library.run(script);
    if (!succeeded) throw nftErrorOf(errors);
  }

  #heard(bytes: Buffer): void {
    for (const port of this.#told.take(sourceOf(bytes))) this.#changes.announced(port);
  }
}

function hasPodRanges({ podRanges }: Base, found: Listing): boolean {
  return [...podRanges].sort().join() === found.podRanges.join();
}
