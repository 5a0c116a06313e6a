/** A packet filter that takes everything, keeps it, and counts the runs of nft that each call would be. */
import type {
  FilterObject,
  FilterObjectId,
  FilterOperation,
} from "../../src/model/packet-filter.ts";
import { filterObjectId } from "../../src/model/packet-filter.ts";
import type { FilterReading, PacketFilter } from "../../src/nft/packet-filter.ts";

/** Since it was last set to zero. */
export interface FilterTally {
  /** Runs of nft: one for each table that is listed, and one for each transaction. */
  runs: number;
  /** Elements and chains that came or went. */
  elements: number;
}

/** One table of each family. */
const TABLES = 2;

/** Our tables. */
export class CountingFilter implements PacketFilter {
  readonly tally: FilterTally = { runs: 0, elements: 0 };
  readonly #held = new Map<FilterObjectId, FilterObject>();
  #stands = false;

  configure(): void {}

  read(): Promise<FilterReading> {
    this.tally.runs += TABLES;
    const tables = this.#stands ? "as-wanted" : "other";
    return Promise.resolve({ tables, objects: [...this.#held.values()] });
  }

  setPodRanges(): Promise<void> {
    this.tally.runs += 1;
    return Promise.resolve();
  }

  replace(objects: readonly FilterObject[]): Promise<void> {
    this.tally.runs += 1;
    this.tally.elements += objects.length;
    this.#stands = true;
    this.#held.clear();
    for (const object of objects) this.#held.set(filterObjectId(object), object);
    return Promise.resolve();
  }

  write(operations: readonly FilterOperation[]): Promise<readonly []> {
    if (operations.length > 0) this.tally.runs += 1;
    this.tally.elements += operations.length;
    for (const { kind, object } of operations) {
      if (kind === "add-filter") this.#held.set(filterObjectId(object), object);
      else this.#held.delete(filterObjectId(object));
    }
    return Promise.resolve([]);
  }

  onForeignChange(): void {}

  close(): void {}
}
