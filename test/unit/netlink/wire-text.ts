/** Wire bytes in tests: written by field with comments, compared as text. */

/** The bytes of annotated hex: everything from `#` to the end of a line is a comment. */
export function hex(annotated: string): Uint8Array {
  const digits = annotated.replace(/#.*$/gm, "").replace(/\s+/g, "");
  return Uint8Array.from(Buffer.from(digits, "hex"));
}

/** Bytes as text, four a group. */
export function hexOf(bytes: Uint8Array): string {
  return (
    Buffer.from(bytes)
      .toString("hex")
      .match(/.{1,8}/g) ?? []
  ).join(" ");
}
