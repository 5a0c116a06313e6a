/** Writes what the API server sends in protobuf, by hand and by number: it shares no table with the reader. */
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";

/** A message: values by the numbers of their fields. */
export interface Fields {
  readonly [number: number]: Value;
}

/** Numbers are varints; an array is a repeated field. */
export type Value = string | number | boolean | Uint8Array | Fields | readonly Value[];

/** The message with these fields, in the order of their numbers. */
export function message(fields: Fields): Uint8Array {
  const writer = new BinaryWriter();
  for (const [number, value] of Object.entries(fields)) write(writer, Number(number), value);
  return writer.finish();
}

/** An object in the envelope that every object has: `k8s`, then `runtime.Unknown`. */
export function envelope(apiVersion: string, kind: string, fields: Fields): Buffer {
  const unknown = message({ 1: { 1: apiVersion, 2: kind }, 2: message(fields), 3: "", 4: "" });
  return Buffer.concat([Buffer.from("k8s\0"), unknown]);
}

function write(writer: BinaryWriter, number: number, value: Value): void {
  if (typeof value === "string") writer.tag(number, WireType.LengthDelimited).string(value);
  else if (typeof value === "number") writer.tag(number, WireType.Varint).int64(value);
  else if (typeof value === "boolean") writer.tag(number, WireType.Varint).bool(value);
  else if (Array.isArray(value)) for (const each of value) write(writer, number, each);
  else {
    const bytes = value instanceof Uint8Array ? value : message(value as Fields);
    writer.tag(number, WireType.LengthDelimited).bytes(bytes);
  }
}
