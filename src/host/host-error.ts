/** What can be wrong with the machine itself, as errors that say what to do about it. */

/**
 * `WRONG_LINK_KIND`: the name of our link belongs to a link that is no dummy. `NO_DUMMY_LINKS`: the
 * kernel cannot make dummy links. `NO_PERMISSION`: the kernel lets this process change no link.
 */
export type HostErrorCode = "WRONG_LINK_KIND" | "NO_DUMMY_LINKS" | "NO_PERMISSION";

/** The machine is not as this program needs it, and a person has to change that. */
export class HostError extends Error {
  override readonly name = "HostError";
  readonly code: HostErrorCode;

  constructor(code: HostErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
