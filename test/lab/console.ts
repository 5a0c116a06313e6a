/** What the lab prints: its own words at boot are dropped, the program's are passed on and kept. */
import { LabError } from "./lab-error.ts";
import { MAP_COUNT_HINT } from "./map-count.ts";

/** init prints it right before the program begins. */
const STARTED = "\nlab: started\n";
const KEPT_CHARACTERS_MAX = 64 * 1024;

/** Collects the console's text. */
export class Console {
  readonly #startMs: number;
  readonly #onOutput: ((text: string) => void) | undefined;
  #text = "";
  #startedMs: number | undefined;

  constructor(startMs: number, onOutput: ((text: string) => void) | undefined) {
    this.#startMs = startMs;
    this.#onOutput = onOutput;
  }

  /** Milliseconds from `startMs` to the program's start; undefined before. */
  get startedMs(): number | undefined {
    return this.#startedMs;
  }

  /** The end of the text. */
  get tail(): string {
    return this.#text;
  }

  /** Takes more text. */
  accept(text: string): void {
    this.#text = (this.#text + text).slice(-KEPT_CHARACTERS_MAX);
    if (this.#startedMs !== undefined) {
      this.#onOutput?.(text);
      return;
    }
    const at = this.#text.indexOf(STARTED);
    if (at < 0) return;
    this.#startedMs = performance.now() - this.#startMs;
    this.#text = this.#text.slice(at + STARTED.length);
    if (this.#text !== "") this.#onOutput?.(this.#text);
  }

  /** Throws the reason why a lab ended without an exit status. */
  fail(): never {
    if (/ran out of memory on the host/i.test(this.#text)) {
      throw new LabError("host-memory", `The lab ran out of memory. ${MAP_COUNT_HINT}`, this.#text);
    }
    if (/Kernel panic|Oops|BUG:/.test(this.#text)) {
      throw new LabError("panic", "The lab's kernel crashed.", this.#text);
    }
    throw new LabError("no-status", "The lab ended before its program did.", this.#text);
  }
}
