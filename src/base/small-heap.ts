/** Keeps the heap small: memory for a little time, on nodes that have other work. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/**
 * To be called before anything is allocated. V8 lets the space for new objects grow to 3 x 16 MB under a
 * burst such as a first pass, and hardly gives it back; at its first size it is collected more often.
 * A flag on the command line would do the same, and only for those who start the program with it.
 */
export function keepHeapSmall(): void {
  setFlagsFromString("--semi-space-growth-factor=1");
}

/**
 * How much garbage the heap may hold before it is collected, in percent of what is in use. By itself V8 lets it
 * double: at 200 changes a second 70 MB in three minutes. With this that takes a quarter more of the processor.
 */
const GARBAGE_PERCENT = 20;

/** From here on the heap holds little garbage. For the moment after a first sync, which would be slower with it. */
export function limitGarbage(): void {
  setFlagsFromString(`--heap-growing-percent=${GARBAGE_PERCENT}`);
}

/**
 * Collects the heap once, and gives pages that are free back to the node. For a moment after a first sync: what
 * was read and parsed is garbage then, and V8 would keep its pages. The process stands still meanwhile, some
 * 70 ms with 100,000 endpoints. To have all of the heap compacted would take twice to three times as long, for
 * some 20 MB that V8 gives back by itself where nothing happens for a minute.
 */
export function collectGarbage(): void {
  garbageCollector()();
}

/** V8's own collector of the whole heap. Each one brings a context of its own, some 0.5 MB: for more than once, keep it. */
export function garbageCollector(): () => void {
  setFlagsFromString("--expose-gc");
  return runInNewContext("gc") as () => void;
}
