/** A User-Mode Linux guest maps each of its pages on its own, and the machine limits how many. */
import { readFileSync, writeFileSync } from "node:fs";

const PATH = "/proc/sys/vm/max_map_count";
/** Enough for all pages of a guest with 16 GB. */
const MAP_COUNT_NEEDED = 4_194_304;

/** What to do when the guest died of it. */
export const MAP_COUNT_HINT = `It may need more mappings; as root: sysctl -w vm.max_map_count=${MAP_COUNT_NEEDED}`;

/** Raises the limit where this user may; else the guest tries with what there is. */
export function raiseMapCount(): void {
  if (Number(readFileSync(PATH, "utf8")) >= MAP_COUNT_NEEDED) return;
  try {
    writeFileSync(PATH, `${MAP_COUNT_NEEDED}`);
  } catch (err) {
    if (!["EACCES", "EPERM", "EROFS"].includes((err as NodeJS.ErrnoException).code ?? ""))
      throw err;
  }
}
