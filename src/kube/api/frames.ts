/** Cuts a stream of bytes into frames of limited length, each behind its length. Knows nothing of what they say. */

/** Bytes of the length before a frame: an unsigned number in network byte order. */
const LENGTH_BYTES = 4;

/** Takes the bytes of one stream. A frame that has not come whole stays, and never comes out. */
export class FrameCutter {
  readonly #frameBytesMax: number;
  #parts: Buffer[] = [];
  #bytes = 0;
  /** As long as fewer bytes are there, no frame is whole: they are not put together. */
  #bytesWanted = LENGTH_BYTES;

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /** The frames that end in `chunk`. Throws a `RangeError` for one that is too long. */
  take(chunk: Buffer): readonly Buffer[] {
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#bytesWanted) return [];
    const bytes = this.#parts.length === 1 ? chunk : Buffer.concat(this.#parts, this.#bytes);
    const frames: Buffer[] = [];
    let at = 0;
    this.#bytesWanted = LENGTH_BYTES;
    while (bytes.length - at >= LENGTH_BYTES) {
      const length = bytes.readUInt32BE(at);
      if (length > this.#frameBytesMax) {
        throw new RangeError(`a frame of more than ${this.#frameBytesMax} bytes`);
      }
      this.#bytesWanted = LENGTH_BYTES + length;
      if (bytes.length - at < this.#bytesWanted) break;
      frames.push(bytes.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + length));
      at += this.#bytesWanted;
      this.#bytesWanted = LENGTH_BYTES;
    }
    const rest = bytes.subarray(at);
    this.#parts = rest.length === 0 ? [] : [rest];
    this.#bytes = rest.length;
    return frames;
  }
}
