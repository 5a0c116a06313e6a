/** Memory for whole answers: for the pages of a list the same, so that each page costs no fresh memory. */

const FIRST_BYTES = 64 * 1024;

/** Holds one answer at a time. */
export class AnswerBuffer {
  #memory = Buffer.alloc(0);
  #length = 0;

  /** Begins the next answer: what was made of the last one must not be looked at any more. */
  begin(): void {
    this.#length = 0;
  }

  /** Bytes of this answer so far. */
  get length(): number {
    return this.#length;
  }

  /** Takes the next bytes. */
  add(chunk: Buffer): void {
    const wanted = this.#length + chunk.length;
    if (wanted > this.#memory.length) {
      const bytes = Math.max(wanted, FIRST_BYTES, 2 * this.#memory.length);
      const grown = Buffer.allocUnsafeSlow(bytes);
      this.#memory.copy(grown, 0, 0, this.#length);
      this.#memory = grown;
    }
    chunk.copy(this.#memory, this.#length);
    this.#length = wanted;
  }

  /** The answer, until the next one begins. */
  bytes(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }
}
