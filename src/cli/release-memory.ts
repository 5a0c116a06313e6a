/** Gives the node back what a first sync needed once: pages of the heap, and those of the C library. */
import { compactHeap } from "../base/small-heap.ts";
import { loadLibrary } from "../netlink/library.ts";

/** For a moment after a first sync. Stands still for some 100 ms with 100,000 endpoints. */
export function releaseMemory(): void {
  const library = loadLibrary();
  // Before as well: compacting needs room for all that it moves.
  library.trim();
  compactHeap();
  library.trim();
}
