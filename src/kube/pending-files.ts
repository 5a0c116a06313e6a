/** Which files have changed, and when each may be read: a file half written must not be. Pure. */
import { type FileLook, type FileStamp, sameStamp } from "./manifest-folder.ts";

/**
 * Quiet that follows a rename into place. Such a file is whole; the wait only tells it from a file that
 * was created to be written to, because a write's event comes right behind.
 */
export const RENAME_QUIET_MS = 5;

/** Quiet after the last write to a file in place. */
export const WRITE_QUIET_MS = 50;

/** Quiet after the last write to a file that does not look finished: most writers pause in mid-line. */
export const UNFINISHED_QUIET_MS = 1_000;

/** A file that was found changed, without an event, this long after its last write is not being written to. */
const OLD_MS = 2_000;

/** One file to be read. A later event on it makes a new one. */
export interface PendingFile {
  readonly name: string;
  readonly sinceMs: number;
  readonly quietMs: number;
  /** What it was when it was found changed; undefined when an event said so. */
  readonly stamp: FileStamp | undefined;
}

/** The files to be read, and what those that have been read were. */
export class PendingFiles {
  readonly #pending = new Map<string, PendingFile>();
  readonly #read = new Map<string, FileStamp>();

  /** The name came, went or was replaced. */
  renamed(name: string, nowMs: number): void {
    this.#add({ name, sinceMs: nowMs, quietMs: RENAME_QUIET_MS, stamp: undefined });
  }

  /** The file is being written to. */
  written(name: string, nowMs: number): void {
    this.#add({ name, sinceMs: nowMs, quietMs: WRITE_QUIET_MS, stamp: undefined });
  }

  /**
   * A look found the name. It waits for its quiet only when it differs from what was read last.
   * `swapped`: all files of the folder were replaced in one step, so whatever differs is whole.
   */
  found(
    name: string,
    look: FileLook,
    at: { nowMs: number; wallMs: number; swapped: boolean },
  ): void {
    if (look.kind !== "file") {
      if (!this.#pending.has(name)) this.renamed(name, at.nowMs);
      return;
    }
    const { stamp } = look;
    const read = this.#read.get(name);
    if ((read !== undefined && sameStamp(read, stamp)) || this.#pending.has(name)) return;
    const whole = at.swapped || at.wallMs - stamp.modifiedMs > OLD_MS;
    const quietMs = whole ? RENAME_QUIET_MS : WRITE_QUIET_MS;
    this.#add({ name, sinceMs: at.nowMs, quietMs, stamp });
  }

  /** The files whose quiet has passed. */
  due(nowMs: number): readonly PendingFile[] {
    return [...this.#pending.values()].filter((file) => file.sinceMs + file.quietMs <= nowMs);
  }

  /** When the next file is due; infinity when none waits. */
  nextMs(): number {
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { sinceMs, quietMs } of this.#pending.values()) {
      nextMs = Math.min(nextMs, sinceMs + quietMs);
    }
    return nextMs;
  }

  /** The files that wait. */
  names(): readonly string[] {
    return [...this.#pending.keys()];
  }

  /** True when nothing has happened to the file since `file` was taken from {@link due}. */
  isCurrent(file: PendingFile): boolean {
    return this.#pending.get(file.name) === file;
  }

  /** The file changed while it was looked at, or does not look finished: it waits again. */
  postpone(
    file: PendingFile,
    quietMs: number,
    stamp: FileStamp | undefined,
    sinceMs: number,
  ): void {
    this.#add({ name: file.name, sinceMs, quietMs, stamp });
  }

  /** The file was read in the state `stamp`, or could not be read (undefined). */
  done(name: string, stamp: FileStamp | undefined): void {
    this.#pending.delete(name);
    if (stamp === undefined) this.#read.delete(name);
    else this.#read.set(name, stamp);
  }

  /** The state in which a file was read last. */
  stampOf(name: string): FileStamp | undefined {
    return this.#read.get(name);
  }

  #add(file: PendingFile): void {
    this.#pending.set(file.name, file);
  }
}

/**
 * True when a text that was written in place may lack its end: nothing in it yet, JSON without its last
 * brace, YAML whose last line has no end.
 */
export function looksUnfinished(text: string, isJson: boolean): boolean {
  const content = text.trim();
  if (content === "") return true;
  const closed = /[}\]]$/.test(content);
  if (isJson || /^[{[]/.test(content)) return !closed;
  return !text.endsWith("\n");
}
