/** What can go wrong with the lab itself, as opposed to a program that runs in it. */

/** Why the lab gave no exit status. */
export type LabErrorCode = "not-ready" | "deadline" | "panic" | "host-memory" | "no-status";

/** Thrown when the lab ended without its program's exit status. */
export class LabError extends Error {
  override readonly name = "LabError";
  readonly code: LabErrorCode;

  /** `output` is the end of what the lab printed; it becomes a part of the message. */
  constructor(code: LabErrorCode, sentence: string, output = "") {
    const tail = output.trimEnd().split("\n").slice(-OUTPUT_LINES_MAX).join("\n    ");
    super(tail === "" ? sentence : `${sentence}\nThe end of its output:\n    ${tail}`);
    this.code = code;
  }
}

const OUTPUT_LINES_MAX = 30;
