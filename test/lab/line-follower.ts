/** Follows a file of JSON lines that another process appends to. */
import { closeSync, openSync, readSync } from "node:fs";

const POLL_MS = 20;
const CHUNK_BYTES = 64 * 1024;

/** Reads what is new in `path` now and then; a file that does not exist yet is an empty one. */
export class LineFollower {
  readonly #path: string;
  readonly #onLine: (value: unknown) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #chunk = Buffer.alloc(CHUNK_BYTES);
  #file: number | undefined;
  #offset = 0;
  #rest = Buffer.alloc(0);

  constructor(path: string, onLine: (value: unknown) => void) {
    this.#path = path;
    this.#onLine = onLine;
    this.#timer = setInterval(() => this.#read(), POLL_MS);
  }

  /** Reads the last lines and stops. */
  close(): void {
    clearInterval(this.#timer);
    this.#read();
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #read(): void {
    try {
      this.#file ??= openSync(this.#path, "r");
    } catch {
      return; // Not there yet.
    }
    for (;;) {
      const bytes = readSync(this.#file, this.#chunk, 0, CHUNK_BYTES, this.#offset);
      if (bytes === 0) return;
      this.#offset += bytes;
      this.#accept(Buffer.concat([this.#rest, this.#chunk.subarray(0, bytes)]));
    }
  }

  #accept(bytes: Buffer): void {
    let from = 0;
    for (let end = bytes.indexOf(10, from); end >= 0; end = bytes.indexOf(10, from)) {
      this.#onLine(JSON.parse(bytes.toString("utf8", from, end)));
      from = end + 1;
    }
    this.#rest = Buffer.from(bytes.subarray(from));
  }
}
