/** Hashes of inputs, marks of what is made, and a lock that holds between processes. */
import { createHash } from "node:crypto";
import {
  linkSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { BUILD, folder, ROOT } from "./paths.mjs";

const LOCK_POLL_MS = 500;
const HASH_CHARACTERS = 16;

/**
 * The hash of some texts, and of files and folders (whole, in name order) with their names.
 *
 * @param {{ texts?: readonly string[], paths?: readonly string[], skip?: RegExp }} inputs
 * @returns {string}
 */
export function hashOf({ texts = [], paths = [], skip }) {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(`${text.length}:${text}`);
  for (const path of paths.flatMap((path) => filesUnder(path))) {
    if (skip?.test(path)) continue;
    const content = readFileSync(path);
    hash.update(`${relative(ROOT, path)}:${content.length}:`).update(content);
  }
  return hash.digest("hex").slice(0, HASH_CHARACTERS);
}

/** @param {string} path @returns {string[]} */
function filesUnder(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** Where a step remembers the inputs it was made from. @param {string} name */
function markPath(name) {
  return join(folder(join(BUILD, "made")), name);
}

/** True when `name` was made from inputs with this hash. @param {string} name @param {string} hash */
export function isMade(name, hash) {
  return readText(markPath(name)) === hash;
}

/** Remembers that `name` is made from inputs with this hash. @param {string} name @param {string} hash */
export function markMade(name, hash) {
  writeFileSync(markPath(name), hash);
}

/** The text of a file, or undefined when it cannot be read. @param {string} path */
export function readText(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/**
 * Runs `work` while no other process holds the lock at `path`; waits for one that does.
 * A lock whose process is gone is taken over.
 *
 * @template T
 * @param {string} path
 * @param {(holder: string) => void} onWait Called once when another process holds it.
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(path, onWait, work) {
  folder(dirname(path));
  const own = `${process.pid} ${startTime(process.pid)}`;
  for (let said = false; ; said = true) {
    if (createWhole(path, own)) break;
    if (takeOver(path)) continue;
    if (!said) onWait((readText(path) ?? "").split(" ")[0] ?? "");
    await sleep(LOCK_POLL_MS);
  }
  try {
    return await work();
  } finally {
    if (readText(path) === own) unlinkSync(path);
  }
}

/** Makes the file with its content in one step; false when there is one. @param {string} path @param {string} text */
function createWhole(path, text) {
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, text);
  try {
    linkSync(draft, path);
    return true;
  } catch (err) {
    if (/** @type {NodeJS.ErrnoException} */ (err).code === "EEXIST") return false;
    throw err;
  } finally {
    unlinkSync(draft);
  }
}

/** Removes a lock whose holder is gone; true when it did. @param {string} path */
function takeOver(path) {
  const text = readText(path);
  if (text === undefined) return true;
  const [pid = "", started = ""] = text.split(" ");
  if (pid !== "" && startTime(Number(pid)) === started) return false;
  const aside = `${path}.${process.pid}`;
  try {
    // Only one process can rename it. What it got must still be the lock it looked at.
    renameSync(path, aside);
  } catch {
    return true;
  }
  if (readText(aside) === text) rmSync(aside);
  else renameSync(aside, path);
  return true;
}

/** Start time of a process in clock ticks since boot, "" when there is none: a pid alone may be reused. @param {number} pid */
function startTime(pid) {
  const stat = readText(`/proc/${pid}/stat`);
  return stat?.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
