/** From a setting as it was written to its value; what is wrong is noted, and all of it told at the end. */
import { parseDuration } from "../base/duration.ts";
import { didYouMean } from "../base/nearest-word.ts";
import { parseRange, type Range } from "../model/range.ts";
import type { ConfigProblem } from "./config-error.ts";
import type { Given, GivenSettings } from "./given-settings.ts";
import type { SettingName } from "./settings.ts";
import { shown } from "./shown.ts";

/** Longest period that a timer can wait, some 24 days; also the longest that the kernel can in jiffies. */
const DURATION_MS_MAX = 2 ** 31 - 1;

const EXAMPLE_RANGE = "10.0.0.0/8 or fd00::/8";

/** Reads one setting at a time; `problems` grows. */
export class SettingReader {
  readonly problems: ConfigProblem[];
  readonly #settings: GivenSettings;

  constructor(settings: GivenSettings) {
    this.#settings = settings;
    this.problems = [...settings.problems];
  }

  report(where: string, message: string): void {
    this.problems.push({ where, message });
  }

  /** As it was written, without a look at it. */
  given(name: SettingName): Given | undefined {
    return this.#settings.get(name);
  }

  /** Notes that something given does not count. */
  ignore(name: string, why: string): void {
    this.#settings.ignored.push(`${name}: ${why}`);
  }

  get ignored(): readonly string[] {
    return this.#settings.ignored;
  }

  /** Milliseconds; `fallback` is a duration as text. */
  duration(name: SettingName, fallback: string, leastMs: number): number {
    const { text, where } = this.given(name) ?? { text: fallback, where: `the default of ${name}` };
    const ms = parseDuration(text);
    if (ms !== undefined && ms >= leastMs && ms <= DURATION_MS_MAX) return ms;
    const range = ms === undefined ? "" : ` of ${leastMs} to ${DURATION_MS_MAX} milliseconds`;
    this.report(where, `expected a duration${range} such as 30s or 1m30s, found ${shown(text)}`);
    return 0;
  }

  /** Whole seconds, as the kernel counts them; what is more than nothing is one at least. */
  seconds(name: SettingName, fallback: string): number {
    const ms = this.duration(name, fallback, 0);
    return ms === 0 ? 0 : Math.max(1, Math.floor(ms / MS_PER_SECOND));
  }

  integer(name: SettingName, fallback: number, range: readonly [number, number]): number {
    const given = this.given(name);
    if (given === undefined) return fallback;
    const [least, most] = range;
    const number = WHOLE_NUMBER.test(given.text) ? Number(given.text) : Number.NaN;
    if (number >= least && number <= most) return number;
    const expected = `expected a whole number of ${least} to ${most}`;
    this.report(given.where, `${expected}, found ${shown(given.text)}`);
    return fallback;
  }

  /** Words as Go's flags take them. */
  boolean(name: SettingName): boolean {
    const given = this.given(name);
    if (given === undefined || FALSE.test(given.text)) return false;
    if (!TRUE.test(given.text)) {
      this.report(given.where, `expected true or false, found ${shown(given.text)}`);
    }
    return true;
  }

  word<W extends string>(name: SettingName, words: readonly W[], fallback: W): W {
    const given = this.given(name);
    if (given === undefined) return fallback;
    const word = words.find((candidate) => candidate === given.text);
    if (word !== undefined) return word;
    const hint = didYouMean(given.text, words);
    const expected = `expected one of ${words.join(", ")}`;
    this.report(given.where, `${expected}, found ${shown(given.text)}${hint}`);
    return fallback;
  }

  /** The parts of a list. */
  list(name: SettingName): readonly string[] {
    const words = this.given(name)?.text.split(",") ?? [];
    return words.map((word) => word.trim()).filter((word) => word !== "");
  }

  ranges(name: SettingName): readonly Range[] {
    const found = new Set<Range>();
    for (const word of this.list(name)) {
      const range = parseRange(word);
      if (range !== undefined) found.add(range);
      else this.report(this.given(name)?.where ?? name, notARange(word));
    }
    return [...found];
  }
}

const MS_PER_SECOND = 1_000;
const WHOLE_NUMBER = /^-?\d{1,10}$/;
const TRUE = /^(?:1|t|true)$/i;
const FALSE = /^(?:0|f|false)$/i;

function notARange(word: string): string {
  const hint = word.includes("/") ? "" : " (a prefix length is missing)";
  return `expected ranges such as ${EXAMPLE_RANGE}, found ${shown(word)}${hint}`;
}
