/** The only file here that touches the disk: lists a folder of manifests and reads its files. Decides nothing. */
import { type FSWatcher, watch } from "node:fs";
import { lstat, open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { FILE_BYTES_MAX } from "./manifest-text.ts";

/** Manifest files that one folder may have. */
export const FILES_MAX = 50_000;

/** Files that are looked at side by side. */
const FILES_AT_ONCE = 32;

const MANIFEST_NAME = /^[^.].*\.(?:ya?ml|json)$/i;

/** True for `*.yaml`, `*.yml` and `*.json` that are not hidden. */
export function isManifestName(name: string): boolean {
  return MANIFEST_NAME.test(name);
}

/** True for a name that stands for JSON alone. */
export function isJsonName(name: string): boolean {
  return /\.json$/i.test(name);
}

/** What tells one state of a file from the next without reading it. */
export interface FileStamp {
  readonly device: number;
  readonly inode: number;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** `absent`: no such name, or a folder. `error`: the name is there, and what it names cannot be read. */
export type FileLook =
  | { readonly kind: "file"; readonly stamp: FileStamp }
  | { readonly kind: "absent" }
  | { readonly kind: "error"; readonly message: string };

/** One look at the whole folder. */
export interface FolderLook {
  /** Differs for two folders that have had the same name one after the other. */
  readonly identity: string;
  /** What each manifest name in it is; never `absent`. */
  readonly files: ReadonlyMap<string, FileLook>;
}

/** True when both stamps are of the same state of the same file. */
export function sameStamp(a: FileStamp, b: FileStamp): boolean {
  return (
    a.device === b.device &&
    a.inode === b.inode &&
    a.bytes === b.bytes &&
    a.modifiedMs === b.modifiedMs
  );
}

/** Looks at the folder and at every manifest in it. Throws Node's error when the folder cannot be read. */
export async function lookAtFolder(folder: string): Promise<FolderLook> {
  const before = await identityOf(folder);
  const names = (await readdir(folder)).filter(isManifestName).sort();
  if (names.length > FILES_MAX) {
    throw new Error(`holds ${names.length} manifests, and at most ${FILES_MAX} are read`);
  }
  const files = new Map<string, FileLook>();
  for (let at = 0; at < names.length; at += FILES_AT_ONCE) {
    const some = names.slice(at, at + FILES_AT_ONCE);
    const looks = await Promise.all(some.map((name) => lookAtFile(folder, name)));
    looks.forEach((look, index) => {
      const name = some[index];
      if (name !== undefined && look.kind !== "absent") files.set(name, look);
    });
  }
  // Replaced while it was looked at: the names of one and the files of the other are no picture of either.
  const identity = await identityOf(folder);
  if (identity !== before) throw new Error("was replaced while it was read");
  return { identity, files };
}

/**
 * Device and inode say which folder it is, and its time of birth tells it from a deleted one whose inode it
 * got. Where a kernel does not know that time it is constant, or changes too often, which is safe:
 * a folder taken for a new one is emptied later, never sooner.
 */
async function identityOf(folder: string): Promise<string> {
  const { dev, ino, birthtimeMs } = await stat(folder);
  return `${dev}/${ino}/${birthtimeMs}`;
}

/** Looks at one file, following links. Never rejects. */
export async function lookAtFile(folder: string, name: string): Promise<FileLook> {
  const path = join(folder, name);
  try {
    const found = await stat(path);
    if (found.isDirectory()) return { kind: "absent" };
    if (!found.isFile()) return { kind: "error", message: "is no file" };
    const { dev, ino, size, mtimeMs } = found;
    return { kind: "file", stamp: { device: dev, inode: ino, bytes: size, modifiedMs: mtimeMs } };
  } catch (err) {
    if (errorCode(err) !== "ENOENT") return { kind: "error", message: errorText(err) };
    // A link that leads nowhere is not the same as no file: what it led to may come back.
    const link = await lstat(path).catch(() => undefined);
    return link === undefined
      ? { kind: "absent" }
      : { kind: "error", message: "is a link that leads nowhere" };
  }
}

/** The text of a file with the stamp that it has all the while, or undefined when it changes meanwhile. */
export async function readManifestFile(
  folder: string,
  name: string,
): Promise<{ readonly text: string; readonly stamp: FileStamp } | undefined> {
  const file = await open(join(folder, name));
  try {
    const before = await file.stat();
    if (before.size > FILE_BYTES_MAX) {
      throw new Error(`has ${before.size} bytes, and at most ${FILE_BYTES_MAX} are read`);
    }
    const text = await file.readFile("utf8");
    const { dev, ino, size, mtimeMs } = await file.stat();
    if (size !== before.size || mtimeMs !== before.mtimeMs) return undefined;
    return { text, stamp: { device: dev, inode: ino, bytes: size, modifiedMs: mtimeMs } };
  } finally {
    await file.close();
  }
}

/** What the kernel tells of a folder at once. */
export interface FolderEvents {
  /** A name came, went or was replaced. */
  readonly onRename: (name: string) => void;
  /** The file of that name is being written to. */
  readonly onWrite: (name: string) => void;
  /** No more events will come. */
  readonly onEnd: (err: unknown) => void;
}

/** Subscribes to a folder. Throws Node's error when that is not possible. Call the result to end it. */
export function subscribe(folder: string, { onRename, onWrite, onEnd }: FolderEvents): () => void {
  const watcher: FSWatcher = watch(folder, (event, name) => {
    if (event === "rename") onRename(name ?? "");
    else onWrite(name ?? "");
  });
  watcher.on("error", (err) => {
    watcher.close();
    onEnd(err);
  });
  return () => watcher.close();
}

function errorCode(err: unknown): unknown {
  return err instanceof Error && "code" in err ? err.code : undefined;
}

const ERROR_TEXTS = new Map<unknown, string>([
  ["ENOENT", "does not exist"],
  ["ENOTDIR", "is no folder"],
  ["EACCES", "may not be read by this user"],
  ["ENOSPC", "cannot be subscribed to (fs.inotify.max_user_watches is used up)"],
  ["EMFILE", "cannot be opened (too many open files or inotify instances)"],
]);

/** An error of the file system in words that follow the name of the file or folder. */
export function errorText(err: unknown): string {
  const known = ERROR_TEXTS.get(errorCode(err));
  if (known !== undefined) return known;
  return err instanceof Error ? err.message : String(err);
}
