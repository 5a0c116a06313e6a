/** Long work on many things, in turns of the event loop: whatever else waits goes between. */
import { setImmediate } from "node:timers/promises";

/** Does `work` on each of `items`, in their order, at most `perTurn` of them in one turn. Rejects with what it throws. */
export async function inTurns<T>(
  items: Iterable<T>,
  perTurn: number,
  work: (item: T) => void,
): Promise<void> {
  let left = perTurn;
  for (const item of items) {
    if (left === 0) {
      await setImmediate();
      left = perTurn;
    }
    work(item);
    left -= 1;
  }
}
