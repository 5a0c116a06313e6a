/** When things happened that led to new versions of EndpointSlices, for the metric of how long programming takes. */

import type { Family } from "../model/address.ts";
import type { EndpointSlice, ObjectName } from "../model/cluster.ts";

/** Times kept until a pass takes them; more say nothing new about how long programming takes. */
const TRIGGERS_MAX = 10_000;

/** When something happened that led to a new version of an EndpointSlice. */
export interface Trigger {
  /** Whose endpoints they are. */
  readonly service: ObjectName;
  readonly family: Family;
  /** Since the epoch. */
  readonly triggerMs: number;
}

/** Those that no pass has answered yet. */
export class Triggers {
  #waiting: Trigger[] = [];

  /** Notes what a slice says of itself. */
  note(slice: EndpointSlice | undefined): void {
    if (!slice || slice.triggerMs === 0 || this.#waiting.length === TRIGGERS_MAX) return;
    const { service, family, triggerMs } = slice;
    this.#waiting.push({ service, family, triggerMs });
  }

  /** Forgets all. */
  clear(): void {
    this.#waiting = [];
  }

  /** Takes all: a pass begins. */
  take(): readonly Trigger[] {
    const taken = this.#waiting;
    this.#waiting = [];
    return taken;
  }

  /** Takes back those for which `waits`: their Service is for a later pass. Returns the others. */
  sort(taken: readonly Trigger[], waits: (service: ObjectName) => boolean): readonly Trigger[] {
    const later = taken.filter(({ service }) => waits(service));
    if (later.length === 0) return taken;
    this.#waiting = [...later, ...this.#waiting].slice(0, TRIGGERS_MAX);
    return taken.filter(({ service }) => !waits(service));
  }
}
