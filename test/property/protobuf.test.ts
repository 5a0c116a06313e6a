/** Bytes that no API server sends, in the place of an object. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeObject } from "../../src/kube/protobuf/decode.ts";
import { envelope, type Fields, type Value } from "../fakes/protobuf-writer.ts";

const KINDS = ["Service", "EndpointSlice", "Node", "Status", "ServiceList", "EndpointSliceList"];
const NUMBERS = fc.integer({ min: 1, max: 40 }).map(String);

const leaf: fc.Arbitrary<Value> = fc.oneof(
  fc.string(),
  fc.integer(),
  fc.boolean(),
  fc.uint8Array(),
);
const value: fc.Memo<Value> = fc.memo((depth) =>
  depth > 1 ? fc.oneof(leaf, fc.array(value(depth - 1)), fields(depth - 1)) : leaf,
);
const fields: fc.Memo<Fields> = fc.memo((depth) => fc.dictionary(NUMBERS, value(depth)));

/** Everything that can be iterated is, so that nothing stays undecoded. */
function decodeAll(bytes: Buffer): void {
  const { items } = decodeObject(bytes);
  for (const item of (items as Iterable<object> | undefined) ?? []) {
    expect(item).toBeTypeOf("object");
  }
}

test("any bytes in the place of an object are an object or an Error, and never end the process", () => {
  fc.assert(
    fc.property(fc.constantFrom(...KINDS), fields(4), fc.nat(), (kind, content, cut) => {
      const bytes = envelope("v1", kind, content);
      for (const part of [bytes, bytes.subarray(0, cut % bytes.length)]) {
        try {
          decodeAll(part);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }
    }),
  );
});
