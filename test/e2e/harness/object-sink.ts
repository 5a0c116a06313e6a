/** Where the suite's objects go so that the agent sees them: a folder of manifests, or the API server. */
import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type KubeObject, objectId } from "./objects.ts";

/** A place for objects. */
export interface ObjectSink {
  /** What the agent needs on its command line to read from there. */
  readonly agentArguments: readonly string[];
  /**
   * Makes the objects so, and then takes those of `gone` away. Whoever reads both kinds of objects sees
   * `put` in its order within each kind, and before `last`.
   */
  write(change: ObjectChange): Promise<void>;
}

/** What becomes different at once. */
export interface ObjectChange {
  readonly put: readonly KubeObject[];
  readonly gone: readonly KubeObject[];
  /** Written when everything else is there. */
  readonly last: readonly KubeObject[];
}

/** All objects in one file, which is replaced by renaming: readers see all of a change or nothing of it. */
export class ManifestFolder implements ObjectSink {
  readonly folder: string;
  readonly agentArguments: readonly string[];
  readonly #objects = new Map<string, KubeObject>();

  constructor(folder: string) {
    this.folder = folder;
    this.agentArguments = ["--manifests", folder];
    mkdirSync(folder, { recursive: true });
  }

  async write({ put, gone, last }: ObjectChange): Promise<void> {
    for (const object of put) this.#objects.set(objectId(object), object);
    for (const object of gone) this.#objects.delete(objectId(object));
    for (const object of last) this.#objects.set(objectId(object), object);
    const items = [...this.#objects.values()];
    // Not a manifest by its name, so that nobody reads it before it is whole.
    const next = join(this.folder, ".objects.next");
    writeFileSync(next, JSON.stringify({ apiVersion: "v1", kind: "List", items }, null, 1));
    renameSync(next, join(this.folder, "objects.json"));
  }
}
