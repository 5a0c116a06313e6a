/** What can be wrong with the machine itself, as errors that say what to do about it. */

/** `WRONG_LINK_KIND`: the name of our link belongs to a link that is no dummy. */
export type HostErrorCode = "WRONG_LINK_KIND";

/** The machine is not as this program needs it, and a person has to change that. */
export class HostError extends Error {
  override readonly name = "HostError";
  readonly code: HostErrorCode;

  constructor(code: HostErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
