/** Why `status` cannot answer for one Service. */

/** `BAD_NAME` is a mistake in the command; the others depend on what runs. */
export type StatusErrorCode = "BAD_NAME" | "NO_AGENT" | "NO_SUCH_SERVICE";

/** Thrown instead of an empty list, which would read as "this Service has nothing". */
export class StatusError extends Error {
  override readonly name = "StatusError";
  readonly code: StatusErrorCode;

  constructor(code: StatusErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
