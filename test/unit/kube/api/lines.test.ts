/** Lines out of bytes that come in any pieces. */
import { expect, test } from "vitest";
import { LineCutter } from "../../../../src/kube/api/lines.ts";

/** The lines of all pieces. */
function cut(pieces: readonly (string | Buffer)[], lineBytesMax = 100): readonly string[] {
  const cutter = new LineCutter(lineBytesMax);
  return pieces.flatMap((piece) => cutter.take(Buffer.from(piece)));
}

test("lines come out when they end, however they came in", () => {
  expect(cut(["a\nb", "c", "\n\nd\ne"])).toEqual(["a", "bc", "", "d"]);
  expect(cut(["", "\n"])).toEqual([""]);
  expect(cut(["never ended"])).toEqual([]);
});

test("a character may be split between two pieces", () => {
  const bytes = Buffer.from("größe→\n");
  for (let at = 0; at <= bytes.length; at++) {
    expect(cut([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(["größe→"]);
  }
});

test("a line of the limit comes out, and one byte more is an error, ended or not", () => {
  expect(cut(["x".repeat(60), `${"x".repeat(40)}\n`])).toEqual(["x".repeat(100)]);
  expect(() => cut(["x".repeat(60), "x".repeat(41)])).toThrow(RangeError);
  expect(() => cut([`${"x".repeat(101)}\n`])).toThrow("a line of more than 100 bytes");
});

test("the limit is that of each line, and not of all of them", () => {
  expect(cut([`${"x".repeat(99)}\n`.repeat(50)])).toHaveLength(50);
});
