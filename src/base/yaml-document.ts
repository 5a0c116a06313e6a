/** One YAML document from a stranger: its value, or where it is wrong. Knows nothing of what it says. */
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type ParseOptions,
  parseDocument,
} from "yaml";

/** Times that anchors may be repeated, each weighed by what it repeats: more is a "billion laughs" bomb. */
const ALIASES_MAX = 100;

const OPTIONS = { prettyErrors: false, merge: true, logLevel: "error" } as const;

const GO_OPTIONS = { version: "1.1", uniqueKeys: false } as const;

const SECOND_DOCUMENT = "expected one document, found a second one here";

/** A value, or why there is none. */
export type YamlResult =
  | { readonly value: unknown; readonly error: undefined }
  | {
      readonly value: undefined;
      readonly error: { readonly line: number; readonly message: string };
    };

/**
 * The value of the only document in `text` (YAML 1.2, with merge keys). Never throws. `asGo`: as Kubernetes'
 * programs read their files: YAML 1.1, where `yes` and `on` are true; of keys that come twice the last one
 * counts, and of several documents the first.
 */
export function readYaml(
  text: string,
  { asGo }: { readonly asGo: boolean } = { asGo: false },
): YamlResult {
  try {
    const document = parseDocument(text, asGo ? { ...OPTIONS, ...GO_OPTIONS } : OPTIONS);
    const [first] = document.errors;
    if (first !== undefined && !(asGo && first.code === "MULTIPLE_DOCS")) {
      const message = first.code === "MULTIPLE_DOCS" ? SECOND_DOCUMENT : first.message;
      return { value: undefined, error: { line: lineAt(text, first.pos[0]), message } };
    }
    return { value: document.toJS({ maxAliasCount: ALIASES_MAX }), error: undefined };
  } catch (err) {
    // Too many aliases, or nested too deep for the stack.
    const message = err instanceof Error ? err.message : String(err);
    return { value: undefined, error: { line: 1, message } };
  }
}

/**
 * Finds lines in a text that {@link readYaml} could read: from a path to the line (from 1) of its key, or
 * of the innermost thing around it that exists. Reads the text once more, so it is for messages only.
 */
export function yamlLines(text: string): (path: readonly (string | number)[]) => number {
  const lineCounter = new LineCounter();
  const options: ParseOptions & typeof OPTIONS = { ...OPTIONS, lineCounter };
  const document: Document = parseDocument(text, options);
  return (path) => {
    let node: unknown = document.contents;
    let offset = startOf(node) ?? 0;
    for (const step of path) {
      const [next, start] = child(node, step);
      if (start === undefined) break;
      node = next;
      offset = start;
    }
    return Math.max(1, lineCounter.linePos(offset).line);
  };
}

/** The node one step further, and where its key (or the item) begins. */
function child(node: unknown, step: string | number): readonly [unknown, number | undefined] {
  if (isMap(node)) {
    const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
    return [pair?.value, startOf(pair?.key)];
  }
  if (isSeq(node) && typeof step === "number") {
    return [node.items[step], startOf(node.items[step])];
  }
  return [undefined, undefined];
}

function startOf(node: unknown): number | undefined {
  return (node as Node | null | undefined)?.range?.[0];
}

/** The line (from 1) of the character at `offset`. */
function lineAt(text: string, offset: number): number {
  // What is missing at the end is missed on the last line, not on the blank ones after it.
  const wanted = Math.min(offset, text.trimEnd().length);
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < wanted; at = text.indexOf("\n", at + 1))
    line += 1;
  return line;
}
