/** Our nftables tables in memory, with the kernel's manners: a transaction is all or nothing. */
import {
  type FilterObject,
  type FilterObjectId,
  type FilterOperation,
  filterObjectId,
  sameFilterObject,
} from "../../src/model/packet-filter.ts";
import { NftError } from "../../src/nft/nft-error.ts";
import type { FilterReading, FilterSettings, PacketFilter } from "../../src/nft/packet-filter.ts";
import type { FakeKernel } from "./fake-kernel.ts";

/** Fits where the agent wants its `PacketFilter`. */
export class FakePacketFilter implements PacketFilter {
  readonly #kernel: FakeKernel;
  readonly #listeners: (() => void)[] = [];
  /** What the kernel holds; undefined: there are no tables. */
  #held: Map<FilterObjectId, FilterObject> | undefined;
  #settings: FilterSettings | undefined;
  /** The settings that the tables were made for. */
  #base: FilterSettings | undefined;

  constructor(kernel: FakeKernel) {
    this.#kernel = kernel;
  }

  get held(): ReadonlyMap<FilterObjectId, FilterObject> | undefined {
    return this.#held;
  }

  /** The settings that the fixed rules are for. */
  get base(): FilterSettings | undefined {
    return this.#base;
  }

  /** Somebody runs `nft flush ruleset`. */
  flushRuleset(): void {
    this.#held = undefined;
    for (const listener of this.#listeners) listener();
  }

  /** Somebody changes a rule, or another version made the tables: what they hold is in force all the same. */
  changeRules(): void {
    this.#base = undefined;
    for (const listener of this.#listeners) listener();
  }

  /** Somebody takes an element out, or a chain. */
  takeOut(id: FilterObjectId): void {
    this.#held?.delete(id);
    for (const listener of this.#listeners) listener();
  }

  configure(settings: FilterSettings): void {
    this.#settings = settings;
  }

  async read(): Promise<FilterReading> {
    await this.#kernel.enter("readFilter");
    const objects = [...(this.#held?.values() ?? [])];
    if (this.#isRight()) return { tables: "as-wanted", objects };
    return { tables: this.#hasRules() ? "other-ranges" : "other", objects };
  }

  async setPodRanges(): Promise<void> {
    await this.#kernel.enter("setPodRanges");
    if (!this.#held) throw new NftError("REFUSED", "nftables: No such file or directory");
    this.#base = this.#settings;
  }

  async replace(objects: readonly FilterObject[]): Promise<void> {
    await this.#kernel.enter("replaceFilter");
    const next = new Map<FilterObjectId, FilterObject>();
    const operations = objects.map((object) => ({ kind: "add-filter", object }) as const);
    const refused = this.#kernel.carryOut(operations, (operation) =>
      carryOut({ before: next, next }, operation),
    );
    if (refused[0]) throw new NftError("REFUSED", `nftables: ${refused[0].message}`);
    this.#held = next;
    this.#base = this.#settings;
  }

  #isRight(): boolean {
    const [base, wanted] = [this.#base, this.#settings].map((one) => JSON.stringify(one));
    return this.#held !== undefined && base === wanted;
  }

  /** The rules are as wanted, whatever the ranges of the pods are. */
  #hasRules(): boolean {
    const [base, wanted] = [this.#base, this.#settings].map((one) => JSON.stringify(rulesOf(one)));
    return this.#held !== undefined && base === wanted;
  }

  async write(operations: readonly FilterOperation[]) {
    await this.#kernel.enter("writeFilter");
    const next = new Map(this.#held);
    // Elements go before chains, whatever the order was.
    for (const { kind, object } of operations) {
      if (kind === "delete-filter" && object.kind === "element")
        next.delete(filterObjectId(object));
    }
    const failures = this.#kernel.carryOut(operations, (operation) =>
      carryOut({ before: this.#held ?? new Map(), next }, operation),
    );
    if (failures.length === 0) this.#held = next;
    return failures;
  }

  onForeignChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  close(): void {
    this.#kernel.closed.add("filter");
  }
}

function rulesOf(settings: FilterSettings | undefined): unknown {
  if (settings?.localClients.kind !== "ranges") return settings;
  const { ranges } = settings.localClients;
  const families = new Set(ranges.map((range) => range.includes(":")));
  return { ...settings, localClients: [...families].toSorted() };
}

interface Transaction {
  readonly before: ReadonlyMap<FilterObjectId, FilterObject>;
  readonly next: Map<FilterObjectId, FilterObject>;
}

function carryOut(
  { before, next }: Transaction,
  { kind, object }: FilterOperation,
): string | undefined {
  const id = filterObjectId(object);
  if (kind === "delete-filter") {
    if (!before.has(id)) return "ENOENT";
    if (object.kind === "source-chain" && isJumpedTo(next, object.name)) return "EBUSY";
    next.delete(id);
    return undefined;
  }
  const held = next.get(id);
  if (held && !sameFilterObject(held, object)) return "EEXIST";
  if (object.kind === "element" && object.value.startsWith("jump ")) {
    const chain = { ...object, kind: "source-chain", name: object.value.slice(5), ranges: [] };
    if (!next.has(filterObjectId({ ...chain, kind: "source-chain" }))) return "ENOENT";
  }
  next.set(id, object);
  return undefined;
}

function isJumpedTo(held: ReadonlyMap<FilterObjectId, FilterObject>, chain: string): boolean {
  return [...held.values()].some(
    (object) => object.kind === "element" && object.value === `jump ${chain}`,
  );
}
