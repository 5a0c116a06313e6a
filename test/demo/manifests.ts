/** A writable copy of the sample manifests, edited as careful editors do it: renamed into place. */
import { cpSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Edit, editDocuments, type Samples, type Target } from "./samples.ts";

const MANIFESTS = "/run/manifests";
/** The file with the Services that the demo edits. */
const FILE = join(MANIFESTS, "schedulers.yaml");
/** Not a manifest by its name, so that nobody reads it before it is whole. */
const NEXT_FILE = join(MANIFESTS, ".schedulers.next");
const AWAY = `${MANIFESTS}-away`;
const HALF = 0.5;

/** Copies deploy/samples to a folder of manifests. */
export function folderOfSamples(): Samples {
  cpSync("deploy/samples", MANIFESTS, { recursive: true });
  return {
    agentArguments: ["--manifests", MANIFESTS],
    start: `kube-ipvs run --manifests ${MANIFESTS} (a copy of deploy/samples)`,
    editBegins: "the new file's rename into place",
    edit,
    breakTitle: "Half a file, and no folder at all",
    breakStory:
      "schedulers.yaml is cut in the middle, then mended; then the whole folder goes and comes back.",
    breakages: [
      { what: "half a file", breakIt: writeHalf },
      { what: "no folder", breakIt: takeFolderAway },
    ],
  };
}

async function edit(target: Target, change: (text: string) => string): Promise<Edit> {
  const documents = readFileSync(FILE, "utf8").split(/^---\n/m);
  const { edited, diff } = editDocuments(documents, target, change);
  writeFileSync(NEXT_FILE, edited.join("---\n"));
  const atMs = performance.now();
  renameSync(NEXT_FILE, FILE);
  return { atMs, diff };
}

/** Writes only the first half of the file, in place. */
async function writeHalf(): Promise<() => Promise<void>> {
  const text = readFileSync(FILE, "utf8");
  writeFileSync(FILE, text.slice(0, text.length * HALF));
  return async () => writeFileSync(FILE, text);
}

async function takeFolderAway(): Promise<() => Promise<void>> {
  renameSync(MANIFESTS, AWAY);
  return async () => renameSync(AWAY, MANIFESTS);
}
