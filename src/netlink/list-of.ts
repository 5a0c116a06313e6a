/** A list as a codec: attributes of one type, one after the other, as the kernel nests the members of a set. */
import { align, type Codec, endOfAttribute, NESTED_FLAG, type Row, TYPE_MASK } from "./codec.ts";
import { ATTRIBUTE_HEADER_BYTES, HOST_IS_LITTLE_ENDIAN } from "./writer.ts";

/** Makes a codec of any number of `row`s; when reading, attributes of other types are skipped. */
export function listOf<T>(name: string, { type, codec }: Row<T>): Codec<readonly T[]> {
  return {
    isNested: true,
    write(out, values) {
      for (const value of values) {
        const at = out.beginAttribute(codec.isNested ? type | NESTED_FLAG : type);
        codec.write(out, value);
        out.endAttribute(at);
      }
    },
    read(from, start, end) {
      const values: T[] = [];
      for (let at = start; at < end; ) {
        const next = endOfAttribute(from, at, end, name);
        const found = from.view.getUint16(at + 2, HOST_IS_LITTLE_ENDIAN) & TYPE_MASK;
        if (found === type) values.push(codec.read(from, at + ATTRIBUTE_HEADER_BYTES, next));
        at = align(next);
      }
      return values;
    },
  };
}
