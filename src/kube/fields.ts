/**
 * Reads the fields of an untrusted object, strict about types. A wrong field is reported with its path
 * and read as absent, so that one reading finds every mistake. Knows nothing of any one kind.
 */
import type { FieldProblem, PathStep } from "./parsed-object.ts";
import type { StringPool } from "./string-pool.ts";

/** Problems told of one object; the rest is counted only. */
const PROBLEMS_PER_OBJECT_MAX = 20;

/** Characters of a found text that a message repeats. */
const FOUND_TEXT_MAX = 60;

/**
 * Whom an object comes from. What is valid and without effect is a hint to who wrote it by hand; in a cluster
 * it is as usual as anything.
 */
export type ObjectOrigin = "manifest" | "server";

/** What one reading of one object shares: where problems go, and the strings known so far. */
export class Reading {
  readonly problems: FieldProblem[] = [];
  readonly pool: StringPool;
  readonly origin: ObjectOrigin;
  /** True once something was wrong enough that the object cannot be used. */
  refused = false;

  constructor(pool: StringPool, origin: ObjectOrigin = "manifest") {
    this.pool = pool;
    this.origin = origin;
  }

  /** Adds a problem, as long as there are not too many of them. */
  report(path: readonly PathStep[], message: string): void {
    if (this.problems.length < PROBLEMS_PER_OBJECT_MAX) this.problems.push({ path, message });
  }
}

type Keys<T> = keyof T & string;
type Item<T> = NonNullable<T> extends readonly (infer I)[] ? I : never;

/** One object at one path. `T` is the API's type of it, used for the names of its fields alone. */
export class Fields<T extends object> {
  readonly reading: Reading;
  readonly #raw: Readonly<Record<string, unknown>>;
  readonly #parent: readonly [Fields<object>, PathStep, PathStep?] | undefined;

  constructor(
    raw: object,
    reading: Reading,
    parent?: readonly [Fields<object>, PathStep, PathStep?],
  ) {
    this.#raw = raw as Readonly<Record<string, unknown>>;
    this.reading = reading;
    this.#parent = parent;
  }

  /** True when the field is there and not null. */
  has(key: Keys<T>): boolean {
    return this.#value(key) !== undefined;
  }

  /** A text, or undefined when absent or wrong. Equal texts come back as one string. */
  text(key: Keys<T>): string | undefined {
    const value = this.passingText(key);
    return value === undefined ? undefined : this.reading.pool.share(value);
  }

  /** The same of a text that nobody keeps, such as a time: the pool does not remember it. */
  passingText(key: Keys<T>): string | undefined {
    const value = this.#value(key);
    if (value === undefined || typeof value === "string") return value;
    this.refuse([key], `expected a text, ${found(value)}${quoteHint(value)}`);
    return undefined;
  }

  /** A whole number from `least` to `most`, or undefined when absent or wrong. */
  integer(key: Keys<T>, least: number, most: number): number | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) {
      return Number(value);
    }
    this.refuse([key], `expected a whole number from ${least} to ${most}, ${found(value)}`);
    return undefined;
  }

  /** True or false, or undefined when absent or wrong. */
  flag(key: Keys<T>): boolean | undefined {
    const value = this.#value(key);
    if (value === undefined || typeof value === "boolean") return value;
    this.refuse([key], `expected true or false, ${found(value)}`);
    return undefined;
  }

  /** One of `words`; `absent` when the field is absent, empty or wrong. */
  word<W extends string>(key: Keys<T>, words: readonly W[], absent: W): W {
    const value = this.#value(key);
    if (value === undefined || value === "") return absent;
    const word = words.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    this.refuse([key], `expected ${words.join(", ")}, ${found(value)}`);
    return absent;
  }

  /** An object, or undefined when absent or wrong. */
  fields<K extends Keys<T>>(key: K): Fields<NonNullable<T[K]> & object> | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    if (isObject(value)) return new Fields(value, this.reading, [this, key]);
    this.refuse([key], `expected an object, ${found(value)}`);
    return undefined;
  }

  /** What `parse` makes of each object of a list, without those it makes undefined of. */
  each<K extends Keys<T>, U>(
    key: K,
    parse: (item: Fields<Item<T[K]> & object>, index: number) => U | undefined,
  ): readonly U[] {
    return this.#map(key, (value, index) => {
      if (isObject(value)) return parse(new Fields(value, this.reading, [this, key, index]), index);
      this.refuse([key, index], `expected an object, ${found(value)}`);
      return undefined;
    });
  }

  /** What `parse` makes of each text of a list; a text that it makes undefined of is wrong. */
  texts<K extends Keys<T>, U>(
    key: K,
    expected: string,
    parse: (text: string) => U | undefined,
  ): readonly U[] {
    return this.#map(key, (value, index) => {
      const parsed = typeof value === "string" ? parse(value) : undefined;
      if (parsed === undefined) this.refuse([key, index], `expected ${expected}, ${found(value)}`);
      return parsed;
    });
  }

  /**
   * The texts of a map whose keys `wanted` picks, as `keep` keeps them: as one string where they are equal,
   * by default. Every value must be a text, picked or not.
   */
  textMap(
    wanted: (key: string) => boolean,
    keep: (text: string, pool: StringPool) => string = shared,
  ): Readonly<Record<string, string>> {
    let picked: Record<string, string> | undefined;
    for (const key of Object.keys(this.#raw)) {
      const value = this.#raw[key];
      if (typeof value !== "string") {
        this.refuse([key], `expected a text, ${found(value)}${quoteHint(value)}`);
      } else if (wanted(key)) {
        picked ??= {};
        picked[this.reading.pool.share(key)] = keep(value, this.reading.pool);
      }
    }
    return picked ?? EMPTY_RECORD;
  }

  /** Says that something below this object (at it, for no steps) is wrong: the object is refused. */
  refuse(steps: readonly PathStep[], message: string): void {
    this.reading.refused = true;
    this.note(steps, message);
  }

  /** Says something about a part that is left out; the object is accepted all the same. */
  note(steps: readonly PathStep[], message: string): void {
    this.reading.report([...this.path(), ...steps], message);
  }

  /** Says that a part which is valid has no effect: told to who wrote it by hand, and nobody else. */
  hint(steps: readonly PathStep[], message: string): void {
    if (this.reading.origin === "manifest") this.note(steps, message);
  }

  /** The steps from the outermost object to this one. */
  path(): readonly PathStep[] {
    if (this.#parent === undefined) return [];
    const [parent, ...steps] = this.#parent;
    return [...parent.path(), ...steps.filter((step) => step !== undefined)];
  }

  #value(key: string): unknown {
    // Only own fields: a manifest must not reach what every object inherits.
    const value = Object.hasOwn(this.#raw, key) ? this.#raw[key] : undefined;
    return value === null ? undefined : value;
  }

  #map<U>(key: string, parse: (value: unknown, index: number) => U | undefined): readonly U[] {
    const value = this.#value(key);
    if (value === undefined) return EMPTY_LIST;
    if (!Array.isArray(value)) {
      this.refuse([key], `expected a list, ${found(value)}`);
      return EMPTY_LIST;
    }
    if (value.length === 0) return EMPTY_LIST;
    // Made by map() it is exactly as long as it must be; what push() makes has room for 17, for good.
    const parsed: (U | undefined)[] = value.map(parse);
    const isWhole = parsed.every((item) => item !== undefined);
    return isWhole ? (parsed as U[]) : parsed.filter((item) => item !== undefined);
  }
}

function shared(text: string, pool: StringPool): string {
  return pool.share(text);
}

/** The empty list that all objects share. */
export const EMPTY_LIST: readonly never[] = Object.freeze([]);

/** The empty map that all objects share. */
export const EMPTY_RECORD: Readonly<Record<string, string>> = Object.freeze({});

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `found "http"`, `found the number 70000`, `found a list`: the end of a message. */
export function found(value: unknown): string {
  if (value === undefined || value === null) return "found nothing";
  if (Array.isArray(value)) return "found a list";
  switch (typeof value) {
    case "string":
      return `found ${JSON.stringify(value.length > FOUND_TEXT_MAX ? `${value.slice(0, FOUND_TEXT_MAX)}...` : value)}`;
    case "number":
      return `found the number ${value}`;
    case "object":
      return "found an object";
    default:
      return `found ${String(value)}`;
  }
}

function quoteHint(value: unknown): string {
  const quotable = typeof value === "number" || typeof value === "boolean";
  return quotable ? ` (write it in quotes)` : "";
}
