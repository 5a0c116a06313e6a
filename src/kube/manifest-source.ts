/**
 * A folder of manifests as a source of cluster objects. Ties together what others decide: the watch says
 * what to read and what is deleted, the text is parsed, the set says what differs. Writes nothing.
 */
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../base/clock.ts";
import type { Change, ClusterSource, SourceProblem } from "./change.ts";
import { FolderWatch } from "./folder-watch.ts";
import {
  errorText,
  type FileStamp,
  isJsonName,
  lookAtFile,
  readManifestFile,
  sameStamp,
} from "./manifest-folder.ts";
import { ManifestSet } from "./manifest-set.ts";
import { parseManifestText } from "./manifest-text.ts";
import {
  looksUnfinished,
  type PendingFile,
  PendingFiles,
  UNFINISHED_QUIET_MS,
  WRITE_QUIET_MS,
} from "./pending-files.ts";
import { NOTHING_WRONG, type ProblemListeners, StandingProblems } from "./standing-problems.ts";
import { StringPool } from "./string-pool.ts";

/** Files that are read side by side. */
const FILES_AT_ONCE = 32;

/** Time after which a file that never comes to rest no longer keeps the others waiting at start. */
const START_MS_MAX = 10_000;

/** What the source needs, and whom it tells. */
export interface ManifestSourceOptions extends ProblemListeners {
  readonly clock: Clock;
}

/**
 * The folder as a source. Tells nothing before it has read every file of a folder with at least one
 * manifest in it: a folder that is missing or empty at start is waited for, with a problem.
 */
export class ManifestSource implements ClusterSource {
  readonly #folder: string;
  readonly #options: ManifestSourceOptions;
  readonly #set = new ManifestSet();
  readonly #pending = new PendingFiles();
  readonly #watch: FolderWatch;
  readonly #standing: StandingProblems;
  #ofFolder = NOTHING_WRONG;
  #ofFiles = NOTHING_WRONG;
  /** What {@link #ofFiles} was made of. */
  #listed: readonly SourceProblem[] = [];
  readonly #pool = new StringPool();
  #wake = new AbortController();
  #told: "nothing" | "incomplete" | "complete" = "nothing";
  #readableSinceMs: number | undefined;

  constructor(folder: string, options: ManifestSourceOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#standing = new StandingProblems(options);
    const wake = (): void => this.#wake.abort();
    this.#watch = new FolderWatch(folder, options.clock, this.#pending, wake);
  }

  problems(): readonly SourceProblem[] {
    return this.#standing.all();
  }

  async *changes(signal: AbortSignal): AsyncGenerator<readonly Change[], void> {
    const wake = (): void => this.#wake.abort();
    signal.addEventListener("abort", wake);
    try {
      while (!signal.aborted) {
        this.#wake = new AbortController();
        const batch = await this.#round();
        if (batch.length > 0) yield batch;
        // Events that came meanwhile have ended this controller already: then there is no wait.
        const waitMs = this.#nextMs() - this.#options.clock.nowMs();
        if (waitMs > 0 && !signal.aborted) {
          await this.#options.clock.sleep(waitMs, this.#wake.signal);
        }
      }
    } finally {
      signal.removeEventListener("abort", wake);
      this.#watch.close();
    }
  }

  #nextMs(): number {
    return Math.min(this.#watch.nextMs(), this.#pending.nextMs());
  }

  async #round(): Promise<readonly Change[]> {
    await this.#watch.look();
    const due = this.#pending.due(this.#options.clock.nowMs());
    const changes: Change[] = [];
    for (let at = 0; at < due.length; at += FILES_AT_ONCE) {
      changes.push(...(await this.#readSome(due.slice(at, at + FILES_AT_ONCE))));
    }
    for (const name of await this.#watch.takeDeleted()) changes.push(...this.#remove(name));
    this.#noteProblems();
    return this.#batch(changes);
  }

  /** The first batch is the whole picture; and once more when nothing is missing from it any longer. */
  #batch(changes: readonly Change[]): readonly Change[] {
    if (this.#told === "complete") return changes;
    const ready = this.#watch.isReadable && this.#watch.hasFiles;
    if (this.#told === "nothing") {
      if (!ready || !this.#hasReadAll()) return [];
    } else if (!this.#set.isComplete()) return changes;
    this.#told = this.#set.isComplete() ? "complete" : "incomplete";
    return [{ kind: "replaced", picture: this.#set.picture() }];
  }

  /** True when no file waits to be read, or the rest has taken too long and is given up for now. */
  #hasReadAll(): boolean {
    const waiting = this.#pending.names();
    if (waiting.length === 0) return true;
    const nowMs = this.#options.clock.nowMs();
    this.#readableSinceMs ??= nowMs;
    if (nowMs < this.#readableSinceMs + START_MS_MAX) return false;
    for (const name of waiting)
      this.#set.fail(this.#path(name), "is being written to all the time");
    return true;
  }

  async #readSome(files: readonly PendingFile[]): Promise<readonly Change[]> {
    const readings = await Promise.all(files.map((file) => this.#readFile(file)));
    // An event of a write that the reading has seen is in the queue by now; let it be heard first.
    await setImmediate();
    const changes: Change[] = [];
    files.forEach((file, index) => {
      const reading = readings[index];
      if (reading !== undefined && this.#pending.isCurrent(file)) {
        changes.push(...this.#take(file, reading));
      }
    });
    return changes;
  }

  /** Reads without taking in: what it says may be out of date by the time it is known. */
  async #readFile(file: PendingFile): Promise<Reading> {
    const look = await lookAtFile(this.#folder, file.name);
    if (look.kind !== "file") return look;
    if (file.stamp !== undefined && !sameStamp(file.stamp, look.stamp)) {
      return { kind: "changing", stamp: look.stamp };
    }
    try {
      const read = await readManifestFile(this.#folder, file.name);
      return read === undefined
        ? { kind: "changing", stamp: undefined }
        : { kind: "text", ...read };
    } catch (err) {
      return { kind: "error", message: errorText(err) };
    }
  }

  #take(file: PendingFile, reading: Reading): readonly Change[] {
    const { name } = file;
    const nowMs = this.#options.clock.nowMs();
    switch (reading.kind) {
      case "absent":
        this.#pending.done(name, this.#pending.stampOf(name));
        this.#watch.noticed(name, false);
        return [];
      case "changing":
        this.#pending.postpone(file, WRITE_QUIET_MS, reading.stamp, nowMs);
        return [];
      case "error":
        this.#watch.noticed(name, true);
        this.#pending.done(name, undefined);
        this.#set.fail(this.#path(name), `${reading.message}; what it had stays`);
        return [];
      case "text":
        this.#watch.noticed(name, true);
        return this.#takeText(file, reading.text, reading.stamp);
      default:
        return reading satisfies never;
    }
  }

  #takeText(file: PendingFile, text: string, stamp: FileStamp): readonly Change[] {
    const { name, quietMs } = file;
    const jsonOnly = isJsonName(name);
    const mayGrow = quietMs === WRITE_QUIET_MS || text.trim() === "";
    if (mayGrow && quietMs < UNFINISHED_QUIET_MS && looksUnfinished(text, jsonOnly)) {
      this.#pending.postpone(file, UNFINISHED_QUIET_MS, stamp, file.sinceMs);
      return [];
    }
    this.#pending.done(name, stamp);
    const path = this.#path(name);
    const previous = this.#set.documents(path);
    const options = { jsonOnly, previous, pool: this.#pool };
    const changes = this.#set.read(path, parseManifestText(text, options));
    const moved = this.#watch.takeMoved((other) => {
      const before = this.#pending.stampOf(other);
      return before !== undefined && sameStamp(before, stamp);
    });
    return [...changes, ...moved.flatMap((other) => this.#remove(other))];
  }

  #remove(name: string): readonly Change[] {
    this.#pending.done(name, undefined);
    return this.#set.remove(this.#path(name));
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #noteProblems(): void {
    const message = this.#folderProblem();
    const about = { file: this.#folder, line: 0, object: "", field: "" };
    const ofFolder = message === undefined ? [] : [{ ...about, message }];
    this.#ofFolder = this.#standing.replace(this.#ofFolder, ofFolder);
    const listed = this.#set.problems();
    // Nearly every call ends here: a folder may have 50,000 files, each with a problem.
    if (listed === this.#listed) return;
    this.#listed = listed;
    this.#ofFiles = this.#standing.replace(this.#ofFiles, listed);
  }

  #folderProblem(): string | undefined {
    const waits = this.#told === "nothing" && this.#watch.isReadable && !this.#watch.hasFiles;
    return waits ? "holds no manifests; waiting for the first" : this.#watch.problem;
  }
}

type Reading =
  | { readonly kind: "absent" }
  | { readonly kind: "error"; readonly message: string }
  | { readonly kind: "changing"; readonly stamp: FileStamp | undefined }
  | { readonly kind: "text"; readonly text: string; readonly stamp: FileStamp };
