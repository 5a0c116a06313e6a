/** Where things are: every other file of the set-up takes its folders from here. */
import { existsSync, mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository. */
export const ROOT = rootAbove(fileURLToPath(import.meta.url));

/** What the set-up makes; git does not know it, and it may be deleted at any time. */
export const BUILD = join(ROOT, "build");

/** What is worth keeping between checkouts: the kernel. */
export const CACHE = join(process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"), "kube-ipvs");

/** Makes `path` and its parents; returns it. @param {string} path @returns {string} */
export function folder(path) {
  mkdirSync(path, { recursive: true });
  return path;
}

/** The first folder above with a package.json: this file also runs as a part of bundles. @param {string} path @returns {string} */
function rootAbove(path) {
  const parent = dirname(path);
  if (parent === path) throw new Error("there is no package.json above this file");
  return existsSync(join(parent, "package.json")) ? parent : rootAbove(parent);
}
