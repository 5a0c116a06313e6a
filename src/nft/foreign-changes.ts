/**
 * Tells changes of our tables that others made from our own, by the port that each was asked for on: the kernel
 * announces every transaction, ours too, and may do so long after ours is over.
 */
import type { Clock } from "../base/clock.ts";
import { Settling } from "../base/settling.ts";

/** What it needs. */
export interface ForeignChangesOptions {
  readonly clock: Clock;
  /** Reads the ports of our own sockets. Throws where that is not possible. */
  readonly ownPorts: () => ReadonlySet<number>;
  /** Others changed our tables, or may have. */
  readonly onForeign: () => void;
}

/** Judges announcements. */
export class ForeignChanges {
  readonly #ownPorts: () => ReadonlySet<number>;
  readonly #settling: Settling;
  #known: ReadonlySet<number>;

  /** Throws what `ownPorts` throws. */
  constructor({ clock, ownPorts, onForeign }: ForeignChangesOptions) {
    this.#ownPorts = ownPorts;
    this.#known = ownPorts();
    this.#settling = new Settling({ clock, onSettled: onForeign });
  }

  /** A transaction that touched our tables was asked for on this port. */
  announced(port: number): void {
    if (!this.#isOwn(port)) this.#settling.note();
  }

  /** Announcements were lost: somebody else's may be among them. */
  lost(): void {
    this.#settling.note();
  }

  /** Our sockets may be others from now on: those that are closed may be somebody else's ports one day. */
  forgetPorts(): void {
    this.#known = new Set();
  }

  /** Tells nothing more. */
  close(): void {
    this.#settling.close();
  }

  #isOwn(port: number): boolean {
    if (this.#known.has(port)) return true;
    try {
      this.#known = this.#ownPorts();
    } catch {
      // Not known for once, so it counts as of others: our tables are read once more than they had to be.
    }
    return this.#known.has(port);
  }
}
