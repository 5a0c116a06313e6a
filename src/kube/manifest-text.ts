/** The text of one manifest file -> the objects in it. Pure; never throws; reads no file. */
import { createHash } from "node:crypto";
import { findInJson } from "../base/json-lines.ts";
import { readYaml, yamlLines } from "../base/yaml-document.ts";
import { EMPTY_LIST, isObject } from "./fields.ts";
import { parseKind, parseObject } from "./parse-object.ts";
import { KIND_NAMES, type ObjectKind, type ParsedObject, type PathStep } from "./parsed-object.ts";
import type { StringPool } from "./string-pool.ts";

/** Bytes that one file may have. */
export const FILE_BYTES_MAX = 64 * 1024 * 1024;

/** Documents that one file may have; a list counts as one. */
export const DOCUMENTS_PER_FILE_MAX = 100_000;

/** Objects that one list may have. */
export const OBJECTS_PER_LIST_MAX = 200_000;

/** One object of a document, as it was read. */
export interface ManifestEntry {
  readonly parsed: ParsedObject;
  /** The line of each of `parsed.problems`, from 0 at the first line of the document. */
  readonly lines: readonly number[];
}

/** One document of a file. */
export interface ManifestDocument {
  /** Equal for equal texts, so that a document that stayed the same is not read again. */
  readonly digest: string;
  /** Line of the file that it begins at, from 1. */
  readonly startLine: number;
  readonly entries: readonly ManifestEntry[];
}

/** What reading may use. */
export interface ManifestTextOptions {
  /** True for a file named `.json`: whatever is no JSON is refused, also when it is YAML. */
  readonly jsonOnly: boolean;
  /** The documents of the reading before this one: what has not changed is taken over as it is. */
  readonly previous: readonly ManifestDocument[];
  readonly pool: StringPool;
}

/** The documents of `text` in their order, without the empty ones. */
export function parseManifestText(
  text: string,
  { jsonOnly, previous, pool }: ManifestTextOptions,
): readonly ManifestDocument[] {
  const known = new Map(previous.map((document) => [document.digest, document]));
  const documents: ManifestDocument[] = [];
  for (const { content, startLine } of splitDocuments(text)) {
    if (documents.length === DOCUMENTS_PER_FILE_MAX) {
      const message = `expected at most ${DOCUMENTS_PER_FILE_MAX} documents, found more: the rest is not read`;
      documents.push({ digest: "", startLine, entries: [unreadable(message, 0)] });
      break;
    }
    const digest = createHash("sha1").update(content).digest("base64");
    const entries = known.get(digest)?.entries ?? readDocument(content, jsonOnly, pool);
    if (entries.length > 0) documents.push({ digest, startLine, entries });
  }
  return documents;
}

interface Part {
  readonly content: string;
  readonly startLine: number;
}

/**
 * Cuts at lines that begin with `---`. YAML forbids such a line inside a document, even in a block of text,
 * and JSON cannot have one; so each part stands for itself, and one that is wrong harms no other.
 */
function* splitDocuments(text: string): Generator<Part> {
  let start = 0;
  let line = 1;
  for (const marker of text.matchAll(DOCUMENT_MARKER)) {
    if (marker.index === start) continue;
    const content = text.slice(start, marker.index);
    if (HAS_CONTENT.test(content)) yield { content, startLine: line };
    line += countLines(content);
    start = marker.index;
  }
  const content = text.slice(start);
  if (HAS_CONTENT.test(content)) yield { content, startLine: line };
}

const DOCUMENT_MARKER = /^---(?=[ \t\r\n]|$(?![\s\S]))/gm;

/** A line that is more than blanks, a comment, a `%` directive or a lone marker. */
const HAS_CONTENT = /^(?!---[ \t]*(?:#.*)?\r?$|\.\.\.[ \t]*\r?$|%)[ \t\uFEFF]*[^\s#\uFEFF]/m;

function countLines(text: string): number {
  let lines = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines += 1;
  return lines;
}

type Path = readonly PathStep[];

/** Finds the lines of paths in a document, from 0. */
type Locate = (paths: readonly Path[]) => readonly number[];

function readDocument(
  content: string,
  jsonOnly: boolean,
  pool: StringPool,
): readonly ManifestEntry[] {
  if (jsonOnly) return readJson(content, pool);
  if (MAY_BE_JSON.test(content)) {
    const entries = readJson(content, pool);
    // What only looked like JSON may still be YAML's form with braces.
    if (entries[0]?.parsed.verdict !== "refused" || entries[0].parsed.kind !== undefined) {
      return entries;
    }
  }
  const { value, error } = readYaml(content);
  if (error !== undefined) return [unreadable(`is no YAML: ${error.message}`, toIndex(error.line))];
  if (value === null || value === undefined) return EMPTY_LIST;
  return readObjects(value, (paths) => paths.map(yamlLines(content)).map(toIndex), pool);
}

const MAY_BE_JSON = /^(?:---)?\s*[{[]/;

function readJson(content: string, pool: StringPool): readonly ManifestEntry[] {
  const json = content.replace(/^---|^\uFEFF/, "   ");
  try {
    const value: unknown = JSON.parse(json);
    return readObjects(value, (paths) => findInJson(json, paths).lines.map(toIndex), pool);
  } catch (err) {
    if (!(err instanceof SyntaxError)) throw err;
    const { errorLine = 1 } = findInJson(json, []);
    return [unreadable(`is no JSON: ${err.message}`, toIndex(errorLine))];
  }
}

function toIndex(line: number): number {
  return line - 1;
}

/** The object itself, or the items of a list. Lines are looked for once, and only if there are problems. */
function readObjects(value: unknown, locate: Locate, pool: StringPool): readonly ManifestEntry[] {
  const list = asList(value);
  if (list !== undefined && list.items.length > OBJECTS_PER_LIST_MAX) {
    const message = `expected at most ${OBJECTS_PER_LIST_MAX} items, found ${list.items.length}`;
    return [unreadable(message, 0)];
  }
  const objects = list === undefined ? [parseObject(value, pool)] : parseItems(list, pool);
  const paths = objects.flatMap(({ problems }, index) =>
    problems.map(({ path }) => (list === undefined ? path : ["items", index, ...path])),
  );
  if (paths.length === 0) return objects.map((parsed) => ({ parsed, lines: EMPTY_LIST }));

  const lines = locate(paths);
  let used = 0;
  return objects.map((parsed) => {
    const from = used;
    used += parsed.problems.length;
    return { parsed, lines: lines.slice(from, used) };
  });
}

function parseItems({ kind, items }: ManifestList, pool: StringPool): readonly ParsedObject[] {
  return items.map((item) =>
    kind !== undefined && isObject(item) && !Object.hasOwn(item, "kind")
      ? parseKind(kind, item, pool)
      : parseObject(item, pool),
  );
}

interface ManifestList {
  /** The kind of items that name none: only in a typed list. */
  readonly kind: ObjectKind | undefined;
  readonly items: readonly unknown[];
}

const LIST_KINDS: ReadonlyMap<unknown, ObjectKind | undefined> = new Map([
  ["List", undefined],
  [`${KIND_NAMES.service}List`, "service"],
  [`${KIND_NAMES.slice}List`, "slice"],
  [`${KIND_NAMES.node}List`, "node"],
]);

function asList(value: unknown): ManifestList | undefined {
  if (!isObject(value) || !("kind" in value) || !LIST_KINDS.has(value.kind)) return undefined;
  const items = "items" in value ? value.items : undefined;
  // Without items it is an object of a kind that is not read, and reported as that.
  return Array.isArray(items) ? { kind: LIST_KINDS.get(value.kind), items } : undefined;
}

function unreadable(message: string, line: number): ManifestEntry {
  const problems = [{ path: EMPTY_LIST, message }];
  const parsed: ParsedObject = {
    verdict: "refused",
    kind: undefined,
    name: undefined,
    object: undefined,
    problems,
  };
  return { parsed, lines: [line] };
}
