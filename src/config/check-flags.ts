/**
 * Finds every unknown flag of a command line at once. commander stops at the first one, so the command
 * line is checked here before commander sees it. Knows nothing of what the flags mean.
 */
import { didYouMean } from "../base/nearest-word.ts";
import type { ConfigProblem } from "./config-error.ts";

/** A flag that a command has. */
export interface KnownFlag {
  /** With its dashes: `--manifests`, `-o`. */
  readonly flag: string;
  /**
   * `needed`: `--manifests DIR` or `--manifests=DIR`; `optional`: a switch, alone or as `--profiling=false`;
   * `none`: never.
   */
  readonly value: "needed" | "optional" | "none";
}

/**
 * The command line with flags as we write them: kube-proxy takes `_` for `-` in their names, and prints
 * some that way (`--add_dir_header`). Words behind `--` are no flags.
 */
export function withDashes(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  return argv.map((word, index) => {
    if ((end !== -1 && index > end) || !isFlag(word)) return word;
    const name = nameOf(word);
    return name.replaceAll("_", "-") + word.slice(name.length);
  });
}

/**
 * What is wrong with the flags in `argv` (the words behind the command's name): unknown ones, and ones
 * without their value. Words behind `--` are no flags.
 */
export function checkFlags(
  argv: readonly string[],
  known: readonly KnownFlag[],
): readonly ConfigProblem[] {
  const flags = new Map(known.map((flag) => [flag.flag, flag]));
  const problems: ConfigProblem[] = [];
  const end = argv.indexOf("--");
  const words = end === -1 ? argv : argv.slice(0, end);
  words.forEach((word, index) => {
    // A value that begins with a dash is written `--flag=-value`; otherwise it is taken for a flag.
    if (!isFlag(word)) return;
    const message = flagProblem(word, words[index + 1], flags);
    if (message !== undefined) problems.push({ where: nameOf(word), message });
  });
  return problems;
}

function flagProblem(
  word: string,
  next: string | undefined,
  flags: ReadonlyMap<string, KnownFlag>,
): string | undefined {
  const flag = flags.get(nameOf(word));
  if (flag === undefined && flags.get(word.slice(0, 2))?.value === "needed") return undefined; // -v2
  if (flag === undefined) return `unknown flag${didYouMean(nameOf(word), flags.keys())}`;
  if (word.includes("=")) return flag.value === "none" ? "takes no value" : undefined;
  if (flag.value === "needed" && (next === undefined || isFlag(next))) return "needs a value";
  return undefined;
}

function nameOf(word: string): string {
  return word.replace(/=.*$/s, "");
}

function isFlag(word: string): boolean {
  return /^--?[A-Za-z]/.test(word);
}
