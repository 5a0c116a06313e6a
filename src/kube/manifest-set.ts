/**
 * What all files of a folder say together. Pure: files are handed in as they are read, differences come
 * out. Each file has its own rules (`manifest-file.ts`); the same object in two files is decided here: the
 * file whose name sorts first has it, and the other one is a problem. A file without any document (empty,
 * half written) keeps all of its objects.
 */
import type { ClusterNode, EndpointSlice, Service } from "../model/cluster.ts";
import type { Change, Picture, SourceProblem } from "./change.ts";
import { type FileState, type HeldObject, NOTHING, readManifestObjects } from "./manifest-file.ts";
import type { ManifestDocument } from "./manifest-text.ts";
import { isSame, objectText, toChange } from "./object-change.ts";
import type { ClusterObject } from "./parsed-object.ts";

/** The objects in force, and the problems, of a set of files. */
export class ManifestSet {
  readonly #files = new Map<string, FileState>();
  /** The files that have each object, in the order of their names. */
  readonly #holders = new Map<string, readonly string[]>();
  readonly #inForce = new Map<string, ClusterObject>();
  readonly #contested = new Set<string>();
  #complete = false;
  #problems: readonly SourceProblem[] | undefined;

  /** The documents of the last reading of `file`, for the next one. */
  documents(file: string): readonly ManifestDocument[] {
    return this.#files.get(file)?.documents ?? [];
  }

  /** True when `file` has been read before, or failed to be. */
  has(file: string): boolean {
    return this.#files.has(file);
  }

  /** Takes in what `file` says now. Only objects that really differ come out. */
  read(file: string, documents: readonly ManifestDocument[]): readonly Change[] {
    const before = this.#files.get(file) ?? NOTHING;
    if (documents.length === 0 && before.objects.size > 0) {
      this.fail(file, "is empty; its objects stay until it has some or is deleted");
      return [];
    }
    return this.#replace(file, before, readManifestObjects(file, before, documents));
  }

  /** Notes that `file` could not be read: whatever it had stays. */
  fail(file: string, message: string): void {
    const before = this.#files.get(file) ?? NOTHING;
    const problem = { file, line: 0, object: "", field: "", message };
    this.#files.set(file, { ...before, documents: [], problems: [problem], whole: false });
    this.#problems = undefined;
  }

  /** Takes `file` out, with all objects that no other file has. */
  remove(file: string): readonly Change[] {
    const changes = this.#replace(file, this.#files.get(file) ?? NOTHING, NOTHING);
    this.#files.delete(file);
    return changes;
  }

  /** All that is in force. Complete once every file could be read whole, and then for good. */
  picture(): Picture {
    const services = new Map<string, Service>();
    const slices = new Map<string, EndpointSlice>();
    const nodes = new Map<string, ClusterNode>();
    for (const object of this.#inForce.values()) {
      if (object.kind === "service") services.set(object.value.name, object.value);
      else if (object.kind === "slice") slices.set(object.value.name, object.value);
      else nodes.set(object.value.name, object.value);
    }
    return { services, slices, nodes, complete: this.isComplete() };
  }

  /** See {@link Picture.complete}. */
  isComplete(): boolean {
    this.#complete ||= [...this.#files.values()].every(({ whole }) => whole);
    return this.#complete;
  }

  /** Everything that is wrong now, by file and line; the same list as long as nothing of it changes. */
  problems(): readonly SourceProblem[] {
    this.#problems ??= this.#listProblems();
    return this.#problems;
  }

  #listProblems(): readonly SourceProblem[] {
    const problems = [...this.#files.values()].flatMap((state) => state.problems);
    for (const key of this.#contested) problems.push(...this.#contest(key));
    return problems.sort((a, b) => compare(a.file, b.file) || a.line - b.line);
  }

  #replace(file: string, before: FileState, after: FileState): readonly Change[] {
    this.#files.set(file, after);
    if (before.problems.length + after.problems.length > 0) this.#problems = undefined;
    const changes: Change[] = [];
    for (const key of new Set([...before.objects.keys(), ...after.objects.keys()])) {
      if (before.objects.get(key)?.object === after.objects.get(key)?.object) continue;
      this.#hold(key, file, after.objects.has(key));
      const change = this.#decide(key);
      if (change !== undefined) changes.push(change);
    }
    return changes;
  }

  #hold(key: string, file: string, has: boolean): void {
    const others = (this.#holders.get(key) ?? []).filter((holder) => holder !== file);
    const holders = has ? [...others, file].sort(compare) : others;
    if (holders.length > 0) this.#holders.set(key, holders);
    else this.#holders.delete(key);
    const wasContested = this.#contested.delete(key);
    if (holders.length > 1) this.#contested.add(key);
    if (wasContested || holders.length > 1) this.#problems = undefined;
  }

  #decide(key: string): Change | undefined {
    const [winner] = this.#holders.get(key) ?? [];
    const before = this.#inForce.get(key);
    const after = this.#held(winner, key)?.object;
    if (before === after) return undefined;
    if (after === undefined) this.#inForce.delete(key);
    else this.#inForce.set(key, after);
    const different = before === undefined || after === undefined || !isSame(before, after);
    const either = after ?? before;
    return different && either !== undefined ? toChange(either, after !== undefined) : undefined;
  }

  #held(file: string | undefined, key: string): HeldObject | undefined {
    return file === undefined ? undefined : this.#files.get(file)?.objects.get(key);
  }

  #contest(key: string): readonly SourceProblem[] {
    const [winner = "", ...losers] = this.#holders.get(key) ?? [];
    return losers.map((file) => {
      const held = this.#held(file, key);
      const message = `is also in ${winner}, which comes first: that one is in force`;
      const object = held === undefined ? "" : objectText(held.object.kind, held.object.value.name);
      return { file, line: held?.line ?? 0, object, field: "", message };
    });
  }
}

/** By code units: the same order on every machine, whatever its language. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
