/** Memory that only a first sync needed, given back to the node at a time when nobody waits. */
import type { Clock } from "../base/clock.ts";
import { Settling } from "../base/settling.ts";

/** Without a change for so long nobody waits: to give memory back keeps everything else waiting. */
export const QUIET_MS = 2_000;

/** Where changes never end it is done nevertheless. */
export const QUIET_WAITED_MS_MAX = 600_000;

/** What can be done about the memory of this process. */
export interface Memory {
  /** From now on less of it is garbage. */
  limitGarbage(): void;
  /** Gives the node back what is free. Stands still for some 70 ms with 100,000 endpoints. */
  release(): void;
}

/** What this needs. */
export interface ReleaseOptions {
  readonly clock: Clock;
  readonly memory: Memory;
  /** Nothing is done once it is aborted. */
  readonly signal: AbortSignal;
}

/** Returns what is to be called at the end of each pass over changes, the first one among them. */
export function releaseOnceQuiet({ clock, memory, signal }: ReleaseOptions): () => void {
  let isFirst = true;
  const settling = new Settling({
    clock,
    afterMs: QUIET_MS,
    atMostMs: QUIET_WAITED_MS_MAX,
    onSettled: () => {
      settling.close();
      memory.release();
    },
  });
  signal.addEventListener("abort", () => settling.close());
  return () => {
    if (isFirst) memory.limitGarbage();
    isFirst = false;
    settling.note();
  };
}
