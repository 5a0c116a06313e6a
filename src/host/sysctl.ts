/**
 * Kernel settings by file: read, compared, written only where different. What was found before is
 * part of the answer, and so is every failure; deciding what to do about one is the caller's.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

/** Where the kernel shows its settings. */
export const SYSCTL_ROOT = "/proc/sys";

/** Where it shows those of its modules. */
export const MODULE_ROOT = "/sys/module";

/** Where it shows those of this process. */
export const PROCESS_ROOT = "/proc/self";

/** One setting that should hold. */
export interface SysctlWish {
  /** Path below the root, such as `net/ipv4/ip_forward`. */
  readonly name: string;
  readonly value: string;
  /** A number that may be larger already: it is raised, never lowered. */
  readonly atLeast?: true;
  /** What it is for, for people. */
  readonly why: string;
}

/** What came of one wish. */
export interface SysctlResult {
  readonly name: string;
  readonly wanted: string;
  /** The value found before anything was written; undefined when it could not be read. */
  readonly found: string | undefined;
  /** `kept`: it was so already. `written`: it is so now. `failed`: see `error`. */
  readonly outcome: "kept" | "written" | "failed";
  /** What went wrong and what that means; "" unless failed. */
  readonly error: string;
}

/**
 * Makes each wish true below `root` ({@link SYSCTL_ROOT}), in order. Never rejects: a value that
 * cannot be read or written is a result of its own.
 */
export async function applySysctls(
  wishes: readonly SysctlWish[],
  root: string,
): Promise<readonly SysctlResult[]> {
  const results: SysctlResult[] = [];
  for (const wish of wishes) results.push(await applySysctl(wish, root));
  return results;
}

async function applySysctl(wish: SysctlWish, root: string): Promise<SysctlResult> {
  const { name, value } = wish;
  const path = join(root, name);
  const result = { name, wanted: value, found: undefined, error: "" };
  let found: string;
  try {
    found = (await readFile(path, "utf8")).trim();
  } catch (err) {
    return { ...result, outcome: "failed", error: failureText("read", wish, err) };
  }
  if (isFulfilled(wish, found)) return { ...result, found, outcome: "kept" };
  try {
    await writeFile(path, value);
  } catch (err) {
    return { ...result, found, outcome: "failed", error: failureText("write", wish, err) };
  }
  return { ...result, found, outcome: "written" };
}

function isFulfilled({ value, atLeast }: SysctlWish, found: string): boolean {
  return found === value || (atLeast === true && Number(found) >= Number(value));
}

function failureText(
  verb: "read" | "write",
  { name, value, why }: SysctlWish,
  err: unknown,
): string {
  const code = err instanceof Error && "code" in err ? String(err.code) : String(err);
  const reason = REASONS.get(code) ?? code;
  return `cannot ${verb} ${name}: ${reason} (${code}). Set it to ${value}: ${why}`;
}

const REASONS = new Map([
  ["ENOENT", "this kernel has no such setting, or its module is not loaded"],
  ["EROFS", "the settings are mounted read-only here"],
  ["EACCES", "not permitted"],
  ["EPERM", "not permitted"],
]);
