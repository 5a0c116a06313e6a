/** Finds lines in JSON text, for messages: `JSON.parse` is fast and says nothing of where things stand. */

type Step = string | number;

/** Where some paths stand in a text that is JSON, or where it stops being JSON. */
export interface JsonLines {
  /** For each path the line (from 1) of its key or item, or of the innermost thing around it that exists. */
  readonly lines: readonly number[];
  /** The first line that cannot be read; undefined when the text is JSON. */
  readonly errorLine: number | undefined;
}

/** Deepest nesting that is followed; what lies deeper counts as unreadable. */
const JSON_DEPTH_MAX = 500;

/** Looks for all `paths` in one go through `text`. Never throws. */
export function findInJson(text: string, paths: readonly (readonly Step[])[]): JsonLines {
  const root = new Place();
  const places = paths.map((path) => path.reduce<Place>((place, step) => place.below(step), root));
  const scan = new Scan(text);
  let errorLine: number | undefined;
  try {
    scan.whole(root);
  } catch (err) {
    if (!(err instanceof Unreadable)) throw err;
    errorLine = scan.line;
  }
  return { lines: places.map((place) => place.lineOrAround()), errorLine };
}

/** A node of the tree of all paths that are looked for. */
class Place {
  line: number | undefined;
  readonly #around: Place | undefined;
  readonly #below = new Map<Step, Place>();

  constructor(around?: Place) {
    this.#around = around;
  }

  below(step: Step): Place {
    const known = this.#below.get(step);
    if (known !== undefined) return known;
    const place = new Place(this);
    this.#below.set(step, place);
    return place;
  }

  find(step: Step): Place | undefined {
    return this.#below.get(step);
  }

  lineOrAround(): number {
    return this.line ?? this.#around?.lineOrAround() ?? 1;
  }
}

class Unreadable extends Error {
  override readonly name = "Unreadable";
}

const LITERAL = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
// The ranges are all characters but control ones, the quote and the backslash.
const STRING = /"[ !#-[\]-\uFFFF]*(?:\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})[ !#-[\]-\uFFFF]*)*"/y;

class Scan {
  line = 1;
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole(root: Place): void {
    this.#peek();
    root.line = this.line;
    this.#value(0, root);
    if (this.#peek() !== undefined) throw new Unreadable();
  }

  #value(depth: number, place: Place | undefined): void {
    if (depth > JSON_DEPTH_MAX) throw new Unreadable();
    const next = this.#peek();
    if (next === "{") this.#object(depth, place);
    else if (next === "[") this.#list(depth, place);
    else this.#token(next === '"' ? STRING : LITERAL);
  }

  #object(depth: number, place: Place | undefined): void {
    this.#members("}", () => {
      const { line } = this;
      const key = this.#token(STRING);
      if (this.#peek() !== ":") throw new Unreadable();
      this.#at += 1;
      this.#value(depth + 1, mark(place?.find(unquoted(key)), line));
    });
  }

  #list(depth: number, place: Place | undefined): void {
    let index = 0;
    this.#members("]", () => {
      this.#value(depth + 1, mark(place?.find(index), this.line));
      index += 1;
    });
  }

  #members(end: string, member: () => void): void {
    this.#at += 1;
    if (this.#peek() === end) {
      this.#at += 1;
      return;
    }
    for (;;) {
      this.#peek();
      member();
      const next = this.#peek();
      if (next !== end && next !== ",") throw new Unreadable();
      this.#at += 1;
      if (next === end) return;
    }
  }

  #token(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0];
    if (token === undefined) throw new Unreadable();
    this.#at += token.length;
    return token;
  }

  /** The next character that is no blank, or undefined at the end; counts the lines on the way. */
  #peek(): string | undefined {
    for (; this.#at < this.#text.length; this.#at += 1) {
      const character = this.#text[this.#at];
      if (character === "\n") this.line += 1;
      else if (character !== " " && character !== "\t" && character !== "\r") return character;
    }
    return undefined;
  }
}

function mark(place: Place | undefined, line: number): Place | undefined {
  if (place !== undefined) place.line = line;
  return place;
}

/** The text of a key; escapes other than of quotes are left as they stand, as no field's name has any. */
function unquoted(key: string): string {
  return key.slice(1, -1).replaceAll('\\"', '"');
}
