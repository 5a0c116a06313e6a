/** One answer after the other in the same memory. */
import { expect, test } from "vitest";
import { AnswerBuffer } from "../../../../src/kube/api/answer-buffer.ts";

test("holds what was added, whatever the sizes", () => {
  const memory = new AnswerBuffer();
  const parts = [1, 70_000, 0, 3, 200_000].map((size, index) => Buffer.alloc(size, index + 1));
  for (const part of parts) memory.add(part);
  expect(memory.length).toBe(270_004);
  expect(memory.bytes().equals(Buffer.concat(parts))).toBe(true);
});

test("the next answer takes the place of the last, and no fresh memory", () => {
  const memory = new AnswerBuffer();
  memory.add(Buffer.alloc(1_000, "a"));
  const first = memory.bytes();
  memory.begin();
  expect(memory.length).toBe(0);
  memory.add(Buffer.alloc(900, "b"));
  expect(memory.bytes().toString()).toBe("b".repeat(900));
  expect(memory.bytes().buffer).toBe(first.buffer);
});
