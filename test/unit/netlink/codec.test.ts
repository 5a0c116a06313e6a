/** Attributes from tables: bytes written out by field, little-endian hosts. */
import { describe, expect, test } from "vitest";
import {
  attributes,
  be16,
  be32,
  bytes,
  type Codec,
  required,
  sourceOf,
  text,
  u8,
  u16,
  u32,
  u64,
} from "../../../src/netlink/codec.ts";
import { NetlinkDecodeError } from "../../../src/netlink/errors.ts";
import { Writer } from "../../../src/netlink/writer.ts";
import { hex, hexOf } from "./wire-text.ts";

const inner = attributes("INNER", {
  port: { type: 4, codec: be16 },
  name: { type: 6, codec: text },
});
const outer = attributes("OUTER", {
  inner: { type: 1, codec: inner },
  mark: { type: 5, codec: u32 },
  raw: { type: 9, codec: bytes },
});

function encoded<T>(codec: Codec<T>, value: T): Uint8Array {
  const out = new Writer(8);
  codec.write(out, value);
  return out.bytes();
}

function decoded<T>(codec: Codec<T>, from: Uint8Array): T {
  return codec.read(sourceOf(from), 0, from.length);
}

describe("attributes", () => {
  test("nest with the nested flag, pad to four bytes, and keep the unpadded length", () => {
    const value = { inner: { port: 443, name: "rr" }, mark: 7 };
    const wire = hex(`
      1400 0180            # INNER, 20 bytes, nested
        0600 0400 01bb 0000  # port 443, big-endian
        0700 0600 727200 00  # name "rr" with its end mark
      0800 0500 07000000   # mark 7
    `);
    expect(hexOf(encoded(outer, value))).toBe(hexOf(wire));
    expect(decoded(outer, wire)).toEqual(value);
  });

  test("that are undefined are left out, and come back as absent", () => {
    expect(encoded(outer, { inner: undefined, mark: undefined })).toHaveLength(0);
    expect(decoded(outer, new Uint8Array())).toEqual({});
  });

  test("that the table does not know are skipped: newer kernels add them", () => {
    const wire = hex("0500 ff00 01000000  0800 0500 09000000");
    expect(decoded(outer, wire)).toEqual({ mark: 9 });
  });

  test("are recognised whatever flags their type carries", () => {
    expect(decoded(outer, hex("0800 05c0 09000000"))).toEqual({ mark: 9 });
  });

  test("decode to copies: a receive buffer may be used again", () => {
    const wire = hex("0800 0900 01020304");
    const { raw } = decoded(outer, wire);
    wire.fill(0xff);
    expect(raw).toEqual(Uint8Array.of(1, 2, 3, 4));
  });

  test.each`
    wire                               | message
    ${"0700 0500 010203 00"}           | ${"OUTER.mark: expected 4 bytes, got 3"}
    ${"0c00 0180 0800 0400 0000 0000"} | ${"OUTER.inner: INNER.port: expected 2 bytes, got 4"}
    ${"0300 0500"}                     | ${"OUTER: attribute of 3 bytes with 4 left"}
    ${"0900 0500 01000000"}            | ${"OUTER: attribute of 9 bytes with 8 left"}
    ${"0800 0500 01000000 0800"}       | ${"OUTER: 2 bytes left over"}
  `("that are broken say where: $message", ({ wire, message }: Record<string, string>) => {
    const read = (): unknown => decoded(outer, hex(wire ?? ""));
    expect(read).toThrow(NetlinkDecodeError);
    expect(read).toThrow(message);
  });

  test("that must be there are asked for with their path", () => {
    expect(required(0, "X.zero")).toBe(0);
    expect(() => required(undefined, "X.gone")).toThrow("X.gone: missing");
  });
});

describe("numbers", () => {
  test.each([
    { name: "u8", codec: u8, value: 0xab, wire: "ab" },
    { name: "u16", codec: u16, value: 0x0102, wire: "0201" },
    { name: "u32", codec: u32, value: 0xfffffffe, wire: "feffffff" },
    { name: "be16", codec: be16, value: 0x0102, wire: "0102" },
    { name: "be32", codec: be32, value: 0x01020304, wire: "01020304" },
  ])("$name has its byte order in its name", ({ codec, value, wire }) => {
    expect(hexOf(encoded(codec, value))).toBe(wire);
    expect(decoded(codec, hex(wire))).toBe(value);
  });

  test("of 64 bits are exact", () => {
    const value = 2n ** 64n - 2n;
    expect(decoded(u64, encoded(u64, value))).toBe(value);
  });
});

describe("text", () => {
  test("is read with and without its end mark", () => {
    expect(decoded(text, hex("727200"))).toBe("rr");
    expect(decoded(text, hex("7272"))).toBe("rr");
    expect(decoded(text, hex("00"))).toBe("");
  });

  test("ends at its attribute even when a mark follows later", () => {
    const from = hex("727272 00");
    expect(text.read(sourceOf(from), 0, 2)).toBe("rr");
  });
});

describe("Writer", () => {
  test("grows and keeps what was written", () => {
    const out = new Writer(1);
    for (let i = 0; i < 1_000; i++) out.u32(i);
    expect(out.length).toBe(4_000);
    expect(sourceOf(out.bytes()).view.getUint32(3_996, true)).toBe(999);
  });

  test("is reusable", () => {
    const out = new Writer(4);
    out.u32(1);
    out.reset();
    out.u16(2);
    expect(hexOf(out.bytes())).toBe("0200");
  });
});
