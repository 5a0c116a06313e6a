/**
 * Which manifests a folder has: by events where the kernel gives them, and by a look now and then in any case.
 *
 * A file that is missing is not yet deleted: an editor may be about to put the new one there, or the whole
 * folder may be going away. The rule, so that a vanished folder never empties the kernel:
 *
 * 1. While the folder cannot be read, nothing is deleted. It is looked for until it is back.
 * 2. Missing files are deleted once the list of names has stayed the same for NAMES_QUIET_MS, and the
 *    folder is still there. `rm -r folder` takes its last name away with the folder: rule 1.
 * 3. When the folder has been away or is another one (device, inode, birth), or when no manifest is left
 *    at all, that time is FOLDER_QUIET_MS: somebody may still be filling it.
 * 4. Another folder without any manifest (an unmounted volume's mount point) deletes nothing, ever.
 *    The same folder without any manifest does: somebody deleted the files one by one.
 */
import { basename } from "node:path";
import type { Clock } from "../base/clock.ts";
import {
  errorText,
  type FolderLook,
  isManifestName,
  lookAtFolder,
  subscribe,
} from "./manifest-folder.ts";
import type { PendingFiles } from "./pending-files.ts";

/** Time between two looks at the whole folder: a backstop for events that were lost or never come. */
export const LOOK_MS = 2_000;

/**
 * A look that takes long is repeated less often: at most this share of the time goes into looking. The
 * shorter of the last two looks counts: one that the machine held up must not put off the next.
 */
const LOOK_SHARE_MAX = 0.005;

/** Time between two tries to find a folder that cannot be read. */
export const LOST_LOOK_MS = 250;

/** See rule 2. */
export const NAMES_QUIET_MS = 250;

/** See rule 3. */
export const FOLDER_QUIET_MS = 2_000;

/** Watches one folder, and tells `pending` what there is to read. */
export class FolderWatch {
  /** What is wrong with the folder itself, to be read behind its name; undefined when nothing is. */
  problem: string | undefined;
  readonly #folder: string;
  readonly #clock: Clock;
  readonly #pending: PendingFiles;
  readonly #onEvent: () => void;
  readonly #present = new Set<string>();
  readonly #missing = new Set<string>();
  #identity: string | undefined;
  #lost = true;
  #replaced = false;
  #swapped = false;
  #namesChangedMs = 0;
  #nextLookMs = 0;
  /** How long the last look took; the first has no other to be held against. */
  #lastLookMs = 0;
  #unsubscribe: (() => void) | undefined;
  #subscribeProblem: string | undefined;

  constructor(folder: string, clock: Clock, pending: PendingFiles, onEvent: () => void) {
    this.#folder = folder;
    this.#clock = clock;
    this.#pending = pending;
    this.#onEvent = onEvent;
  }

  /** True when the folder could be read at the last look. */
  get isReadable(): boolean {
    return !this.#lost;
  }

  /** True when there is at least one manifest. */
  get hasFiles(): boolean {
    return this.#present.size > 0;
  }

  /** When {@link look} or {@link takeDeleted} has something to do next. */
  nextMs(): number {
    return Math.min(
      this.#nextLookMs,
      this.#missing.size > 0 ? this.#deletionMs() : this.#nextLookMs,
    );
  }

  /** Looks at the folder if it is time to. */
  async look(): Promise<void> {
    if (this.#clock.nowMs() >= this.#nextLookMs) await this.#lookNow();
  }

  /** A look at one file found it (or not). */
  noticed(name: string, present: boolean): void {
    if (present === this.#present.has(name)) return;
    this.#namesChangedMs = this.#clock.nowMs();
    if (present) this.#present.add(name);
    else this.#present.delete(name);
    if (present) this.#missing.delete(name);
    else this.#missing.add(name);
  }

  /** The missing file `name` has only got another name: it need not be waited for. */
  takeMoved(isMoved: (name: string) => boolean): readonly string[] {
    const moved = [...this.#missing].filter(isMoved);
    for (const name of moved) this.#missing.delete(name);
    return moved;
  }

  /** The files that are deleted for good by the rules above; each is told once. */
  async takeDeleted(): Promise<readonly string[]> {
    if (this.#missing.size === 0 || this.#clock.nowMs() < this.#deletionMs()) return [];
    await this.#lookNow();
    const empty = this.#present.size === 0;
    if (this.#lost || (this.#replaced && empty) || this.#clock.nowMs() < this.#deletionMs()) {
      return [];
    }
    const deleted = [...this.#missing];
    this.#missing.clear();
    this.#replaced = false;
    return deleted;
  }

  /** Ends the subscription. */
  close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
  }

  #deletionMs(): number {
    if (this.#lost) return Number.POSITIVE_INFINITY;
    const empty = this.#present.size === 0;
    // An empty new folder deletes nothing; a look at it now and then is enough.
    if (this.#replaced && empty) return Number.POSITIVE_INFINITY;
    return this.#namesChangedMs + (this.#replaced || empty ? FOLDER_QUIET_MS : NAMES_QUIET_MS);
  }

  async #lookNow(): Promise<void> {
    const startMs = this.#clock.nowMs();
    const swapped = this.#swapped;
    this.#swapped = false;
    this.#nextLookMs = Number.POSITIVE_INFINITY;
    this.#subscribe();
    try {
      this.#take(await lookAtFolder(this.#folder), swapped);
    } catch (err) {
      this.#lose(errorText(err));
    }
    const endMs = this.#clock.nowMs();
    const tookMs = endMs - startMs;
    const waitMs = Math.max(LOOK_MS, Math.min(tookMs, this.#lastLookMs) / LOOK_SHARE_MAX);
    this.#lastLookMs = tookMs;
    // An event during the look may have asked for another one.
    this.#nextLookMs = Math.min(this.#nextLookMs, endMs + (this.#lost ? LOST_LOOK_MS : waitMs));
  }

  #lose(message: string): void {
    this.#lost = true;
    this.problem = `${message}; ${this.#identity === undefined ? "waiting for it" : "its objects stay"}`;
    this.close();
  }

  #take({ identity, files }: FolderLook, swapped: boolean): void {
    const nowMs = this.#clock.nowMs();
    const isOther = this.#identity !== undefined && (this.#lost || this.#identity !== identity);
    if (this.#identity !== undefined && this.#identity !== identity) {
      // The subscription is for the folder that was: look again as soon as there is a new one.
      this.close();
      this.#subscribe();
      this.#nextLookMs = nowMs;
    }
    this.#identity = identity;
    this.#lost = false;
    if (isOther) {
      this.#replaced = true;
      this.#namesChangedMs = nowMs;
    }
    const wallMs = this.#clock.wallMs();
    for (const [name, look] of files) {
      this.noticed(name, true);
      this.#pending.found(name, look, { nowMs, wallMs, swapped });
    }
    for (const name of [...this.#present]) {
      if (!files.has(name)) this.noticed(name, false);
    }
    if (this.#missing.size === 0 && nowMs >= this.#namesChangedMs + FOLDER_QUIET_MS) {
      this.#replaced = false;
    }
    this.problem = this.#describe();
  }

  #describe(): string | undefined {
    if (this.#present.size > 0) return this.#subscribeProblem;
    if (this.#replaced && this.#missing.size > 0) {
      return "was replaced by an empty folder; its objects stay until it holds a manifest";
    }
    return this.#subscribeProblem;
  }

  #subscribe(): void {
    if (this.#unsubscribe !== undefined) return;
    try {
      this.#unsubscribe = subscribe(this.#folder, {
        onRename: (name) => this.#renamed(name),
        onWrite: (name) => {
          if (isManifestName(name)) this.#pending.written(name, this.#clock.nowMs());
          this.#onEvent();
        },
        onEnd: () => {
          this.#unsubscribe = undefined;
          this.#lookSoon();
        },
      });
      this.#subscribeProblem = undefined;
    } catch (err) {
      // A folder that is missing is the look's to tell, and may be back before it looks.
      const isMissing = err instanceof Error && "code" in err && err.code === "ENOENT";
      const problem = `${errorText(err)}; changes are seen every ${LOOK_MS} ms only`;
      this.#subscribeProblem = isMissing ? undefined : problem;
    }
  }

  #renamed(name: string): void {
    if (isManifestName(name)) {
      this.#pending.renamed(name, this.#clock.nowMs());
      this.#onEvent();
    } else if (name.startsWith("..")) {
      // A ConfigMap volume replaces all files at once by renaming the link `..data`.
      this.#swapped = true;
      this.#lookSoon();
    } else if (name === "" || name === basename(this.#folder)) this.#lookSoon();
  }

  #lookSoon(): void {
    this.#nextLookMs = this.#clock.nowMs();
    this.#onEvent();
  }
}
