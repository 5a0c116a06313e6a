/** How a program in the lab tells the outside something: one JSON value a line, seen at once. */
import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";

/** Reports `value` to whoever booted the lab (`onLine` of `bootLab`). */
export function report(value: unknown): void {
  const path = process.env["LAB_REPORT"];
  if (path === undefined)
    throw new Error("LAB_REPORT is not set: this program runs in the lab only");
  const file = openSync(path, "a");
  try {
    writeSync(file, `${JSON.stringify(value)}\n`);
    // Else a guest keeps the line in its memory for seconds.
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
