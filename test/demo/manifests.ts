/** A writable copy of the sample manifests, edited as careful editors do it: renamed into place. */
import { cpSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where the copy is. */
export const MANIFESTS = "/run/manifests";
/** The file with the Services that the demo edits. */
const FILE = join(MANIFESTS, "schedulers.yaml");
/** Not a manifest by its name, so that nobody reads it before it is whole. */
const NEXT_FILE = join(MANIFESTS, ".schedulers.next");
const AWAY = `${MANIFESTS}-away`;
const HALF = 0.5;

/** Copies deploy/samples. */
export function copySamples(): void {
  cpSync("deploy/samples", MANIFESTS, { recursive: true });
}

/** What an edit was. */
export interface Edit {
  /** When the new file was put there (performance.now). */
  readonly atMs: number;
  /** The lines that changed, with the one before them. */
  readonly diff: string;
}

/** Changes one object of the file, and puts the new file in the place of the old one. */
export function edit(
  { kind, name }: { readonly kind: "Service" | "EndpointSlice"; readonly name: string },
  change: (text: string) => string,
): Edit {
  const documents = readFileSync(FILE, "utf8").split(/^---\n/m);
  const edited = documents.map((text) => (isObject(text, kind, name) ? change(text) : text));
  const changed = documents.filter((text, index) => text !== edited[index]);
  if (changed.length !== 1) {
    throw new Error(`an edit of ${kind} ${name} changed ${changed.length} objects`);
  }
  writeFileSync(NEXT_FILE, edited.join("---\n"));
  const atMs = performance.now();
  renameSync(NEXT_FILE, FILE);
  return { atMs, diff: changed.map((text) => diffText(text, change(text))).join("") };
}

/** Writes only the first half of the file, in place; returns a function that writes the rest. */
export function writeHalf(): () => void {
  const text = readFileSync(FILE, "utf8");
  writeFileSync(FILE, text.slice(0, text.length * HALF));
  return () => writeFileSync(FILE, text);
}

/** Takes the folder away; returns a function that brings it back. */
export function takeFolderAway(): () => void {
  renameSync(MANIFESTS, AWAY);
  return () => renameSync(AWAY, MANIFESTS);
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
