/** Makes equal strings one string: 100,000 endpoints name a few thousand nodes, zones and Services. */

/** Strings kept at most; a full pool starts anew, which costs memory only and is never wrong. */
const POOL_STRINGS_MAX = 65_536;

/** Longer texts are no names: they are never kept, or 65,536 of them would fill the memory. */
export const POOLED_CHARACTERS_MAX = 256;

/** Hands out one copy of each text, and of each list of texts. */
export class StringPool {
  readonly #known = new Map<string, string>();
  readonly #lists = new Map<string, readonly string[]>();

  /** Texts and lists that are remembered. */
  get size(): number {
    return this.#known.size + this.#lists.size;
  }

  /** A string equal to `text`, the same one for every equal text while the pool remembers it. */
  share(text: string): string {
    if (text === "" || text.length > POOLED_CHARACTERS_MAX) return text;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size >= POOL_STRINGS_MAX) this.#known.clear();
    this.#known.set(text, text);
    return text;
  }

  /** A list equal to `texts`, the same one for every equal list while the pool remembers it. */
  shareList(texts: readonly string[]): readonly string[] {
    const key = texts.join("\n");
    if (key.length > POOLED_CHARACTERS_MAX) return texts;
    const known = this.#lists.get(key);
    if (known?.length === texts.length) return known;
    if (this.#lists.size >= POOL_STRINGS_MAX) this.#lists.clear();
    this.#lists.set(key, texts);
    return texts;
  }
}
