/** Gives the node back what a first sync needed once: pages of the heap, and those of the C library. */
import { collectGarbage } from "../base/small-heap.ts";
import { loadLibrary } from "../netlink/library.ts";

/** For a moment after a first sync. Stands still for some 70 ms with 100,000 endpoints. */
export function releaseMemory(): void {
  collectGarbage();
  loadLibrary().trim();
}
