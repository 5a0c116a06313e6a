/**
 * What one file has in force. Pure. An object that the file used to have and now has in a form that is
 * refused keeps its last good version; if the refused document does not even tell which object it is
 * about, no object of that file goes.
 */
import type { SourceProblem } from "./change.ts";
import type { ManifestDocument } from "./manifest-text.ts";
import { isSame, objectText } from "./object-change.ts";
import { type ClusterObject, fieldText, objectKey, type ParsedObject } from "./parsed-object.ts";

/** An object of a file. */
export interface HeldObject {
  readonly object: ClusterObject;
  /** Line that its document begins at. */
  readonly line: number;
}

/** What a file has. */
export interface FileState {
  readonly documents: readonly ManifestDocument[];
  /** By object key: what the file has in force, older versions included. */
  readonly objects: ReadonlyMap<string, HeldObject>;
  readonly problems: readonly SourceProblem[];
  /** True when all of it could be read. */
  readonly whole: boolean;
}

/** A file that has nothing. */
export const NOTHING: FileState = { documents: [], objects: new Map(), problems: [], whole: true };

/** What a file has in force after a reading, given what it had before. */
export function readManifestObjects(
  file: string,
  before: FileState,
  documents: readonly ManifestDocument[],
): FileState {
  const objects = new Map<string, HeldObject>();
  const problems: SourceProblem[] = [];
  const refusals: ParsedObject[] = [];
  for (const { startLine, entries } of documents) {
    for (const { parsed, lines } of entries) {
      const problem = (message: string, field: string, line: number): SourceProblem => {
        const object = parsed.kind && parsed.name ? objectText(parsed.kind, parsed.name) : "";
        return { file, line: startLine + line, object, field, message };
      };
      if (parsed.verdict === "accepted") {
        const key = objectKey(parsed.object.kind, parsed.object.value.name);
        const twin = objects.get(key);
        if (twin === undefined) objects.set(key, held(parsed.object, startLine, before, key));
        else problems.push(problem(`is also in line ${twin.line}: that one is in force`, "", 0));
      } else if (parsed.verdict === "refused") refusals.push(parsed);
      const outcome = outcomeText(parsed, before);
      parsed.problems.forEach(({ path, message }, index) => {
        problems.push(problem(message + outcome, fieldText(path), lines[index] ?? 0));
      });
    }
  }
  for (const refused of refusals) keepMeant(refused, before, objects);
  return { documents, objects, problems, whole: refusals.length === 0 };
}

/** The new version of an object, or the old one where they are equal: then nobody is told. */
function held(object: ClusterObject, line: number, before: FileState, key: string): HeldObject {
  const old = before.objects.get(key)?.object;
  return { object: old !== undefined && isSame(old, object) ? old : object, line };
}

/** Keeps the last good versions of all objects that a refused document may be about. */
function keepMeant(
  refused: ParsedObject,
  before: FileState,
  objects: Map<string, HeldObject>,
): void {
  const { kind, name } = refused;
  if (kind !== undefined && name !== undefined) {
    const key = objectKey(kind, name);
    const old = before.objects.get(key);
    if (old !== undefined && !objects.has(key)) objects.set(key, old);
    return;
  }
  for (const [key, old] of before.objects) {
    if (kind !== undefined && old.object.kind !== kind) continue;
    if (!objects.has(key)) objects.set(key, old);
  }
}

function outcomeText({ verdict, kind, name }: ParsedObject, before: FileState): string {
  if (verdict !== "refused") return "";
  if (kind === undefined || name === undefined) {
    return before.objects.size > 0 ? "; what this file had before stays" : "";
  }
  const known = before.objects.has(objectKey(kind, name));
  return known ? "; its last good version stays" : "; it is left out";
}
