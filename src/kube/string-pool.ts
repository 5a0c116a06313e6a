/** Makes equal strings one string: 100,000 endpoints name a few thousand nodes, zones and Services. */

/** Strings kept at most; a full pool starts anew, which costs memory only and is never wrong. */
const POOL_STRINGS_MAX = 65_536;

/** Hands out one copy of each text, and of each list of texts. */
export class StringPool {
  readonly #known = new Map<string, string>();
  readonly #lists = new Map<string, readonly string[]>();

  /** A string equal to `text`, the same one for every equal text while the pool remembers it. */
  share(text: string): string {
    if (text === "") return "";
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size >= POOL_STRINGS_MAX) this.#known.clear();
    this.#known.set(text, text);
    return text;
  }

  /** A list equal to `texts`, the same one for every equal list while the pool remembers it. */
  shareList(texts: readonly string[]): readonly string[] {
    const key = texts.join("\n");
    const known = this.#lists.get(key);
    if (known?.length === texts.length) return known;
    if (this.#lists.size >= POOL_STRINGS_MAX) this.#lists.clear();
    this.#lists.set(key, texts);
    return texts;
  }
}
