/**
 * Protobuf messages as tables: one row says a field's number, name and form. What is not in the table is
 * skipped, unread: of an object as the API server stores it that is most. Knows no message of its own.
 *
 * What comes out is what `JSON.parse` makes of the same object, as far as the rows go: whoever reads it
 * need not know in which form it came.
 */
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** Reads one value; undefined counts as absent. */
export interface Form {
  readonly wireType: WireType;
  read(reader: ObjectReader): unknown;
}

/** Makes no view of what is passed over, which is texts and messages, and none of a text that is read. */
export class ObjectReader extends BinaryReader {
  readonly #buffer: Buffer;

  constructor(buffer: Buffer) {
    super(buffer);
    this.#buffer = buffer;
  }

  override string(): string {
    const start = this.#over();
    return this.#buffer.toString("utf8", start, this.pos);
  }

  /** Goes past the value of a field. */
  pass(wireType: WireType, number: number): void {
    if (wireType === WireType.LengthDelimited) this.#over();
    else this.skip(wireType, number);
  }

  /** Goes past a length and as many bytes, and says where they are. */
  place(): Place {
    const start = this.#over();
    return { start, end: this.pos };
  }

  /** Goes past a length and as many bytes; returns where they begin. */
  #over(): number {
    const length = this.uint32();
    const start = this.pos;
    this.pos += length;
    if (this.pos > this.len) throw new Error("a field that is cut off");
    return start;
  }
}

/** Bytes of a reader that are read later, or not at all. */
export interface Place {
  readonly start: number;
  readonly end: number;
}

/** How a field is kept in the object. */
type Keeping = "single" | "list" | "map";

interface Row {
  readonly name: string;
  readonly form: Form;
  readonly keeping: Keeping;
}

/** The rows by field number. A table is itself a form, so nesting is a row like any other. */
export class MessageTable implements Form {
  readonly wireType = WireType.LengthDelimited;
  readonly #rows: readonly (Row | undefined)[];

  constructor(rows: Readonly<Record<number, Row>>) {
    const list: (Row | undefined)[] = [];
    for (const [number, row] of Object.entries(rows)) list[Number(number)] = row;
    this.#rows = list;
  }

  /** Reads a message with its length before it. */
  read(reader: ObjectReader): Record<string, unknown> {
    return this.#fields(reader, reader.uint32() + reader.pos);
  }

  /** Reads a message that is all of a place. Throws an Error for what is no such message. */
  readAt(reader: ObjectReader, { start, end }: Place): Record<string, unknown> {
    reader.pos = start;
    return this.#fields(reader, end);
  }

  #fields(reader: ObjectReader, end: number): Record<string, unknown> {
    const message: Record<string, unknown> = {};
    if (end > reader.len) throw new Error("a message that is cut off");
    while (reader.pos < end) {
      const tag = reader.uint32();
      const wireType = tag & WIRE_TYPE_MASK;
      const row = this.#rows[tag >>> NUMBER_SHIFT];
      if (row?.form.wireType === wireType) keep(message, row, row.form.read(reader));
      else reader.pass(wireType, tag >>> NUMBER_SHIFT);
    }
    if (reader.pos > end) throw new Error("a field that is longer than its message");
    return message;
  }
}

/** A field that is there once. */
export function one(name: string, form: Form): Row {
  return { name, form, keeping: "single" };
}

/** A repeated field. */
export function many(name: string, form: Form): Row {
  return { name, form, keeping: "list" };
}

/** A map of texts to texts. */
export function texts(name: string): Row {
  return { name, form: entry, keeping: "map" };
}

/** A text; an empty one counts as absent, as Kubernetes' JSON leaves it out. */
export const text: Form = {
  wireType: WireType.LengthDelimited,
  read: (reader) => reader.string() || undefined,
};

/** A text of a list, where an empty one has its place. */
export const element: Form = {
  wireType: WireType.LengthDelimited,
  read: (reader) => reader.string(),
};

/** An int32. */
export const integer: Form = { wireType: WireType.Varint, read: (reader) => reader.int32() };

/** A bool. */
export const flag: Form = { wireType: WireType.Varint, read: (reader) => reader.bool() };

/** An int64 as a number: exact up to 2^53. */
export const long: Form = { wireType: WireType.Varint, read: (reader) => Number(reader.int64()) };

/** Where bytes are: a message that is to be read by a table which is not known yet. */
export const place: Form = { wireType: WireType.LengthDelimited, read: (reader) => reader.place() };

const entry = new MessageTable({ 1: one("key", text), 2: one("value", element) });

/** The low three bits of a tag say how long the value is. */
const WIRE_TYPE_MASK = 7;
const NUMBER_SHIFT = 3;

function keep(message: Record<string, unknown>, { name, keeping }: Row, value: unknown): void {
  if (value === undefined) return;
  if (keeping === "single") {
    message[name] = value;
  } else if (keeping === "list") {
    const list = message[name] as unknown[] | undefined;
    if (list) list.push(value);
    else message[name] = [value];
  } else {
    const { key, value: content = "" } = value as {
      readonly key?: string;
      readonly value?: string;
    };
    // No label begins like this; what an object inherits must not be reached.
    if (key === undefined || key.startsWith("__")) return;
    message[name] ??= {};
    (message[name] as Record<string, unknown>)[key] = content;
  }
}
