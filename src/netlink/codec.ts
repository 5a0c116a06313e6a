/**
 * Attributes as tables: one row says number, name and form, and both encoder and decoder come from it.
 * A table is itself a codec, so nesting is a row like any other. Knows no protocol of its own.
 */
import { NetlinkDecodeError } from "./errors.ts";
import { ATTRIBUTE_HEADER_BYTES, HOST_IS_LITTLE_ENDIAN, type Writer } from "./writer.ts";

/** `NLA_F_NESTED` of `<linux/netlink.h>`. */
export const NESTED_FLAG = 0x8000;

/** `NLA_TYPE_MASK`: without the nested and the byte-order flag. */
export const TYPE_MASK = 0x3fff;

/** Bytes being decoded, with a view of the same bytes. */
export interface Source {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** How a value stands in the payload of an attribute. */
export interface Codec<T> {
  /** True for tables: the attribute gets `NLA_F_NESTED`. */
  readonly isNested: boolean;
  write(out: Writer, value: T): void;
  /** Reads `[start, end)`. Throws {@link NetlinkDecodeError} without a path; tables add it. */
  read(from: Source, start: number, end: number): T;
}

/** One row of a table: the attribute's number in the kernel header, and its form. */
export interface Row<T> {
  readonly type: number;
  readonly codec: Codec<T>;
}

type Rows = Readonly<Record<string, Row<unknown>>>;

/** The object that a table encodes and decodes: every attribute may be absent. */
export type Attributes<R> = {
  readonly [K in keyof R]?: (R[K] extends Row<infer T> ? T : never) | undefined;
};

/** Prepares bytes for decoding. */
export function sourceOf(bytes: Uint8Array): Source {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength) };
}

/** A codec for a number of fixed size, read by `get` and written by `put`. */
function fixed<T>(
  size: number,
  put: (out: Writer, value: T) => void,
  get: (from: Source, at: number) => T,
): Codec<T> {
  return {
    isNested: false,
    write: put,
    read(from, start, end) {
      if (end - start !== size) {
        throw new NetlinkDecodeError(`expected ${size} bytes, got ${end - start}`);
      }
      return get(from, start);
    },
  };
}

export const u8: Codec<number> = fixed(
  1,
  (out, value) => out.u8(value),
  ({ view }, at) => view.getUint8(at),
);

/** Host byte order. */
export const u16: Codec<number> = fixed(
  2,
  (out, value) => out.u16(value),
  ({ view }, at) => view.getUint16(at, HOST_IS_LITTLE_ENDIAN),
);

/** Host byte order. */
export const u32: Codec<number> = fixed(
  4,
  (out, value) => out.u32(value),
  ({ view }, at) => view.getUint32(at, HOST_IS_LITTLE_ENDIAN),
);

/** Host byte order. */
export const u64: Codec<bigint> = fixed(
  8,
  (out, value) => out.u64(value),
  ({ view }, at) => view.getBigUint64(at, HOST_IS_LITTLE_ENDIAN),
);

/** Network byte order. */
export const be16: Codec<number> = fixed(
  2,
  (out, value) => out.be16(value),
  ({ view }, at) => view.getUint16(at, false),
);

/** Network byte order. */
export const be32: Codec<number> = fixed(
  4,
  (out, value) => out.be32(value),
  ({ view }, at) => view.getUint32(at, false),
);

/** NUL-terminated text (`NLA_NUL_STRING`); the terminator may be missing when reading. */
export const text: Codec<string> = {
  isNested: false,
  write(out, value) {
    out.raw(encodeText(value));
    out.u8(0);
  },
  read({ bytes }, start, end) {
    const nul = bytes.indexOf(0, start);
    const stop = nul === -1 || nul > end ? end : nul;
    return decoder.decode(bytes.subarray(start, stop));
  },
};

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Texts of attributes are names, few and often repeated: each is encoded once. */
const encodedTexts = new Map<string, Uint8Array>();

/** Texts remembered at most; others are encoded each time. */
const ENCODED_TEXTS_MAX = 256;

function encodeText(value: string): Uint8Array {
  const known = encodedTexts.get(value);
  if (known) return known;
  const bytes = encoder.encode(value);
  if (encodedTexts.size < ENCODED_TEXTS_MAX) encodedTexts.set(value, bytes);
  return bytes;
}

/** Any number of bytes; decoded ones are a copy, never a view of a receive buffer. */
export const bytes: Codec<Uint8Array> = {
  isNested: false,
  write: (out, value) => out.raw(value),
  // A `Buffer` has a `slice` of its own, which copies nothing.
  read: (from, start, end) => Uint8Array.prototype.slice.call(from.bytes, start, end),
};

/**
 * A value that is decoded when somebody asks for it, and until then costs next to nothing: counters,
 * in dumps of which mostly the names are wanted. Keeps the answer that it stands in alive.
 */
export function unread<T>({ isNested, write, read }: Codec<T>): Codec<() => T> {
  return {
    isNested,
    write: (out, value) => write(out, value()),
    read: (from, start, end) => () => read(from, start, end),
  };
}

/** A table of attributes, ready to encode and decode. */
export interface AttributeTable<R> extends Codec<Attributes<R>> {
  /** Name of the kernel's enumeration, such as `IPVS_SVC_ATTR`. */
  readonly name: string;
}

/**
 * Makes a codec of `rows`. Encodes in the order of the rows and leaves out what is undefined; decodes
 * liberally (attributes that are not in the table are skipped: newer kernels add them) and strictly
 * (a wrong size or an attribute past its end throws {@link NetlinkDecodeError} with the path).
 */
export function attributes<const R extends Rows>(name: string, rows: R): AttributeTable<R> {
  const list = Object.entries(rows).map(([key, { type, codec }]) => ({
    key,
    type: codec.isNested ? type | NESTED_FLAG : type,
    codec,
  }));
  const byType: ((typeof list)[number] | undefined)[] = [];
  for (const row of list) byType[row.type & TYPE_MASK] = row;
  // A copy of this has room for every attribute at once, and does not grow by and by.
  const absent: Record<string, unknown> = Object.fromEntries(
    list.map(({ key }) => [key, undefined]),
  );
  return {
    name,
    isNested: true,
    write(out, value) {
      const values = value as Readonly<Record<string, unknown>>;
      for (const { key, type, codec } of list) {
        const one = values[key];
        if (one === undefined) continue;
        const at = out.beginAttribute(type);
        codec.write(out, one);
        out.endAttribute(at);
      }
    },
    read(from, start, end) {
      const values = { ...absent };
      // Makes nothing but the values: this runs for each attribute of 100,000 destinations.
      for (let at = start; at < end; ) {
        const next = endOfAttribute(from, at, end, name);
        const row = byType[from.view.getUint16(at + 2, HOST_IS_LITTLE_ENDIAN) & TYPE_MASK];
        if (row) values[row.key] = readRow(row, from, at + ATTRIBUTE_HEADER_BYTES, next, name);
        at = align(next);
      }
      return values as Attributes<R>;
    },
  };
}

/** The value of a required attribute; throws {@link NetlinkDecodeError} when it is missing. */
export function required<T>(value: T | undefined, path: string): T {
  if (value === undefined) throw new NetlinkDecodeError(`${path}: missing`);
  return value;
}

/** Where the attribute at `at` ends, its padding not counted. Throws {@link NetlinkDecodeError}. */
export function endOfAttribute({ view }: Source, at: number, end: number, table: string): number {
  if (end - at < ATTRIBUTE_HEADER_BYTES) {
    throw new NetlinkDecodeError(`${table}: ${end - at} bytes left over`);
  }
  const length = view.getUint16(at, HOST_IS_LITTLE_ENDIAN);
  if (length < ATTRIBUTE_HEADER_BYTES || at + length > end) {
    throw new NetlinkDecodeError(`${table}: attribute of ${length} bytes with ${end - at} left`);
  }
  return at + length;
}

function readRow(
  { key, codec }: { readonly key: string; readonly codec: Codec<unknown> },
  from: Source,
  start: number,
  end: number,
  table: string,
): unknown {
  try {
    return codec.read(from, start, end);
  } catch (cause) {
    if (!(cause instanceof NetlinkDecodeError)) throw cause;
    throw new NetlinkDecodeError(`${table}.${key}: ${cause.message}`, { cause });
  }
}

/** `NLA_ALIGN`. */
export function align(at: number): number {
  return (at + 3) & ~3;
}
