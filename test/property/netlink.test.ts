/** Laws of the codec: what was encoded is decoded, and no bytes break it. */
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { attributes, be16, bytes, sourceOf, text, u8, u32, u64 } from "../../src/netlink/codec.ts";
import { NetlinkDecodeError } from "../../src/netlink/errors.ts";
import { messagesIn, readAcknowledgement } from "../../src/netlink/message.ts";
import { Writer } from "../../src/netlink/writer.ts";

const inner = attributes("INNER", {
  small: { type: 1, codec: u8 },
  port: { type: 2, codec: be16 },
  name: { type: 3, codec: text },
});
const outer = attributes("OUTER", {
  inner: { type: 1, codec: inner },
  word: { type: 2, codec: u32 },
  big: { type: 3, codec: u64 },
  raw: { type: 4, codec: bytes },
});

const name = fc.string({ unit: "grapheme", maxLength: 20 }).filter((text) => !text.includes("\0"));
const value = fc.record(
  {
    inner: fc.record({ small: fc.nat(255), port: fc.nat(65_535), name }, { requiredKeys: [] }),
    word: fc.nat(0xffff_ffff),
    big: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    raw: fc.uint8Array({ maxLength: 40 }),
  },
  { requiredKeys: [] },
);

test("what was encoded is decoded to the same", () => {
  fc.assert(
    fc.property(value, (original) => {
      const out = new Writer(1);
      outer.write(out, original);
      expect(out.length % 4).toBe(0);
      expect(outer.read(sourceOf(out.bytes()), 0, out.length)).toEqual(original);
    }),
  );
});

test("any bytes are decoded, or refused with the one error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
      try {
        outer.read(sourceOf(any), 0, any.length);
      } catch (error) {
        expect(error).toBeInstanceOf(NetlinkDecodeError);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("any bytes are messages, or refused with the one error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
      const from = sourceOf(any);
      try {
        for (const message of messagesIn(from)) readAcknowledgement(from, message);
      } catch (error) {
        expect(error).toBeInstanceOf(NetlinkDecodeError);
      }
    }),
    { numRuns: 2_000 },
  );
});
