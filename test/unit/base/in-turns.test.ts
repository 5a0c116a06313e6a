/** Work in turns: all of it, in order, with the event loop's turn after so many. */
import { expect, test } from "vitest";
import { inTurns } from "../../../src/base/in-turns.ts";

test("so many are done in one turn, and all of them in their order", async () => {
  const seen: (number | string)[] = [];
  const turn = (): void => {
    seen.push("turn");
    if (!seen.includes("end")) setImmediate(turn);
  };
  setImmediate(turn);
  await inTurns([1, 2, 3, 4], 2, (item) => seen.push(item));
  seen.push("end");
  expect(seen).toEqual([1, 2, "turn", 3, 4, "end"]);
});

test("what fails ends it, and is told", async () => {
  const seen: number[] = [];
  const work = (item: number): void => {
    if (item === 2) throw new Error("no good");
    seen.push(item);
  };
  await expect(inTurns([1, 2, 3], 1, work)).rejects.toThrow("no good");
  expect(seen).toEqual([1]);
});
