/** Makes equal values one: 100,000 endpoints name a few thousand nodes, zones, Services and ports. */
import type { SlicePort } from "../model/cluster.ts";

/** Texts kept at most; a full pool starts anew, which costs memory only and is never wrong. */
const TEXTS_MAX = 65_536;

/** Lists of one kind kept at most: each may be of some 20 ports, which is more than a kilobyte. */
export const LISTS_MAX = 4_096;

/** Longer texts are no names: they are never kept, or 65,536 of them would fill the memory. */
export const POOLED_CHARACTERS_MAX = 256;

/** Hands out one copy of each text, of each list of texts, and of each list of ports. */
export class StringPool {
  readonly #known = new Map<string, string>();
  readonly #lists = new Map<string, readonly string[]>();
  readonly #ports = new Map<string, readonly SlicePort[]>();

  /** Texts and lists that are remembered. */
  get size(): number {
    return this.#known.size + this.#lists.size + this.#ports.size;
  }

  /** A string equal to `text`, the same one for every equal text while the pool remembers it. */
  share(text: string): string {
    if (text === "" || text.length > POOLED_CHARACTERS_MAX) return text;
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (this.#known.size >= TEXTS_MAX) this.#known.clear();
    this.#known.set(text, text);
    return text;
  }

  /** A list equal to `texts`, the same one for every equal list while the pool remembers it. */
  shareList(texts: readonly string[]): readonly string[] {
    return shareBy(this.#lists, texts.join("\n"), texts, (a, b) => a === b);
  }

  /** A list equal to `ports`, the same one for every equal list while the pool remembers it. */
  sharePorts(ports: readonly SlicePort[]): readonly SlicePort[] {
    const key = ports.map(({ name, protocol, port }) => `${port} ${protocol} ${name}`).join("\n");
    return shareBy(this.#ports, key, ports, isSamePort);
  }
}

/** Lists of two forms can have one key: they are compared, too. */
function shareBy<T>(
  known: Map<string, readonly T[]>,
  key: string,
  list: readonly T[],
  isSame: (a: T, b: T | undefined) => boolean,
): readonly T[] {
  if (key.length > POOLED_CHARACTERS_MAX) return list;
  const found = known.get(key);
  if (found?.length === list.length && found.every((item, at) => isSame(item, list[at]))) {
    return found;
  }
  if (known.size >= LISTS_MAX) known.clear();
  known.set(key, list);
  return list;
}

function isSamePort({ name, protocol, port }: SlicePort, other: SlicePort | undefined): boolean {
  return other?.name === name && other.protocol === protocol && other.port === port;
}
