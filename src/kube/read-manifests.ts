/** Reads a folder of manifests once, as it is now: for commands that look and leave. */
import { join } from "node:path";
import type { Snapshot } from "./change.ts";
import { errorText, isJsonName, lookAtFolder, readManifestFile } from "./manifest-folder.ts";
import { ManifestSet } from "./manifest-set.ts";
import { parseManifestText } from "./manifest-text.ts";
import { StringPool } from "./string-pool.ts";

/** Reads all manifests of `folder`. Throws {@link ManifestFolderError} when the folder cannot be read. */
export async function readManifests(folder: string): Promise<Snapshot> {
  const set = new ManifestSet();
  const pool = new StringPool();
  const { files } = await lookAtFolder(folder).catch((cause: unknown) => {
    throw new ManifestFolderError(folder, cause);
  });
  for (const name of files.keys()) {
    const path = join(folder, name);
    try {
      const read = await readManifestFile(folder, name);
      if (read === undefined) set.fail(path, "is being written to");
      else {
        const options = { jsonOnly: isJsonName(name), previous: [], pool };
        set.read(path, parseManifestText(read.text, options));
      }
    } catch (err) {
      set.fail(path, errorText(err));
    }
  }
  return { picture: set.picture(), problems: set.problems() };
}

/** The folder as a whole cannot be read. */
export class ManifestFolderError extends Error {
  override readonly name = "ManifestFolderError";
  /** Node's code, such as `ENOENT`; "" when the reason is none of the file system's. */
  readonly code: string;

  constructor(folder: string, cause: unknown) {
    super(`${folder} ${errorText(cause)}`, { cause });
    this.code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  }
}
