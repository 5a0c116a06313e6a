/** What this process may do, as the kernel tells it: asked once at start, before anything is tried. */
import { readFile } from "node:fs/promises";

/** Where the kernel shows the capabilities of this process. */
export const PROCESS_STATUS = "/proc/self/status";

/** `CAP_NET_ADMIN` of `<linux/capability.h>`: bit 12 of a capability set. */
const CAP_NET_ADMIN = 12n;

/**
 * True when the process has CAP_NET_ADMIN in effect, as the `CapEff` line of the file at `path`
 * ({@link PROCESS_STATUS}) says; undefined when the file has no such line.
 * Rejects with the file system's error when the file cannot be read.
 */
export async function hasNetAdmin(path: string): Promise<boolean | undefined> {
  const [, effective] = /^CapEff:\s*([0-9a-f]+)$/im.exec(await readFile(path, "utf8")) ?? [];
  if (effective === undefined) return undefined;
  return ((BigInt(`0x${effective}`) >> CAP_NET_ADMIN) & 1n) === 1n;
}
