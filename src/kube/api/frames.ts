/** Cuts a stream of bytes into frames of limited length, each behind its length. Knows nothing of what they say. */

/** Bytes of the length before a frame: an unsigned number in network byte order. */
const LENGTH_BYTES = 4;

/** Takes the bytes of one stream. A frame that has not come whole stays, and never comes out. */
export class FrameCutter {
  readonly #frameBytesMax: number;
  #rest: Buffer = Buffer.alloc(0);

  constructor(frameBytesMax: number) {
    this.#frameBytesMax = frameBytesMax;
  }

  /** The frames that end in `chunk`. Throws a `RangeError` for one that is too long. */
  take(chunk: Buffer): readonly Buffer[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const frames: Buffer[] = [];
    let at = 0;
    while (bytes.length - at >= LENGTH_BYTES) {
      const length = bytes.readUInt32BE(at);
      if (length > this.#frameBytesMax) {
        throw new RangeError(`a frame of more than ${this.#frameBytesMax} bytes`);
      }
      if (bytes.length - at - LENGTH_BYTES < length) break;
      frames.push(bytes.subarray(at + LENGTH_BYTES, at + LENGTH_BYTES + length));
      at += LENGTH_BYTES + length;
    }
    this.#rest = bytes.subarray(at);
    return frames;
  }
}
