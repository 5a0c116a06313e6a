/** The objects of `deploy/samples` as the demo has them in a cluster or in a folder, and how they are edited. */

/** One object of the file with the six Services. */
export interface Target {
  readonly kind: "Service" | "EndpointSlice";
  readonly name: string;
}

/** What an edit was. */
export interface Edit {
  /** When it was written (performance.now). */
  readonly atMs: number;
  /** The lines that changed, with the one before them. */
  readonly diff: string;
}

/** A way in which the source of the objects can fail. */
export interface Breakage {
  /** Such as `half a file`. */
  readonly what: string;
  /** Breaks it; returns what mends it. */
  readonly breakIt: () => Promise<() => Promise<void>>;
}

/** A place with the samples in it. */
export interface Samples {
  /** What the agent needs on its command line to read from there. */
  readonly agentArguments: readonly string[];
  /** How the agent is started, in a sentence for the reader. */
  readonly start: string;
  /** Since when an edit is timed, as in "from ... until". */
  readonly editBegins: string;
  /** Changes one object. Rejects when `change` does not change exactly one. */
  edit(target: Target, change: (text: string) => string): Promise<Edit>;
  /** What `kubectl get events` says of a Service once it says something; absent where there are none. */
  readonly events?: (service: string) => Promise<string>;
  readonly breakTitle: string;
  readonly breakStory: string;
  readonly breakages: readonly Breakage[];
}

/** The documents of a file with one of them changed, and the change as people read it. */
export function editDocuments(
  documents: readonly string[],
  { kind, name }: Target,
  change: (text: string) => string,
): { readonly edited: readonly string[]; readonly changed: string; readonly diff: string } {
  const edited = documents.map((text) => (isObject(text, kind, name) ? change(text) : text));
  const indexes = documents.flatMap((text, index) => (text === edited[index] ? [] : [index]));
  const [index = 0] = indexes;
  const [before = "", changed = ""] = [documents[index], edited[index]];
  if (indexes.length !== 1) {
    throw new Error(`an edit of ${kind} ${name} changed ${indexes.length} objects`);
  }
  return { edited, changed, diff: diffText(before, changed) };
}

/** Everything between the first and the last line that differ. */
function diffText(before: string, after: string): string {
  const old = before.split("\n");
  const fresh = after.split("\n");
  const first = old.findIndex((line, index) => line !== fresh[index]);
  let same = 0;
  const rest = Math.min(old.length, fresh.length) - first;
  while (same < rest && old.at(-1 - same) === fresh.at(-1 - same)) same += 1;
  return [
    `  ${old[first - 1]}`,
    ...old.slice(first, old.length - same).map((line) => `- ${line}`),
    ...fresh.slice(first, fresh.length - same).map((line) => `+ ${line}`),
  ].join("\n");
}

function isObject(text: string, kind: string, name: string): boolean {
  return text.includes(`\nkind: ${kind}\n`) && text.includes(`\n  name: ${name}\n`);
}
