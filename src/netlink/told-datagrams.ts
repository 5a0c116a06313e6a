/** Takes apart what a listening thread of native/knl.h writes: sizes with datagrams, and failures. */
import { HOST_IS_LITTLE_ENDIAN } from "./writer.ts";

/** Bytes of the `int32_t` before each datagram. */
const SIZE_BYTES = 4;

/** What to do with what was told. */
export interface Told {
  /** One datagram, as memory of its own or of the chunk that it came in. */
  onDatagram(bytes: Buffer): void;
  onFailure(errno: number): void;
}

/** Puts the pieces of the stream together again. */
export class ToldDatagrams {
  readonly #told: Told;
  #rest: Buffer = Buffer.alloc(0);

  constructor(told: Told) {
    this.#told = told;
  }

  /** Takes the next piece of the stream, cut anywhere. */
  take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (bytes.length - at >= SIZE_BYTES) {
      const size = HOST_IS_LITTLE_ENDIAN ? bytes.readInt32LE(at) : bytes.readInt32BE(at);
      const end = at + SIZE_BYTES + Math.max(0, size);
      if (end > bytes.length) break;
      if (size < 0) this.#told.onFailure(-size);
      else this.#told.onDatagram(bytes.subarray(at + SIZE_BYTES, end));
      at = end;
    }
    this.#rest = bytes.subarray(at);
  }
}
