/** Cuts a stream of bytes into lines of limited length. Knows nothing of what they say. */

const LINE_END = "\n".charCodeAt(0);

/** Takes the bytes of one stream. What stands after its last line end is cut off, and never comes out. */
export class LineCutter {
  readonly #lineBytesMax: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(lineBytesMax: number) {
    this.#lineBytesMax = lineBytesMax;
  }

  /** The lines that end in `chunk`, without their ends. Throws a `RangeError` for one that is too long. */
  take(chunk: Buffer): readonly string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(LINE_END); end !== -1; end = chunk.indexOf(LINE_END, start)) {
      this.#keep(chunk.subarray(start, end));
      lines.push(this.#line());
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  #keep(part: Buffer): void {
    this.#bytes += part.length;
    if (this.#bytes > this.#lineBytesMax) {
      throw new RangeError(`a line of more than ${this.#lineBytesMax} bytes`);
    }
    if (part.length > 0) this.#parts.push(part);
  }

  #line(): string {
    const [first] = this.#parts;
    const isOne = first !== undefined && this.#parts.length === 1;
    const text = (isOne ? first : Buffer.concat(this.#parts)).toString();
    this.#parts = [];
    this.#bytes = 0;
    return text;
  }
}
