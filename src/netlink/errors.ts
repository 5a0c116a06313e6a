/** What can go wrong between us and the kernel, and the questions callers ask about it. */
import { constants } from "node:os";

const NAME_OF = new Map<number, string>(
  Object.entries(constants.errno).map(([name, errno]) => [errno, name]),
);
const ERRNO_OF = new Map<string, number>([...NAME_OF].map(([errno, name]) => [name, errno]));

// Errnos of the kernel that Node has no name for.
for (const [name, errno] of [
  ["ESOCKTNOSUPPORT", 94],
  ["EPFNOSUPPORT", 96],
  ["ESHUTDOWN", 108],
] as const) {
  NAME_OF.set(errno, name);
  ERRNO_OF.set(name, errno);
}

/** The name of an errno, such as `ENOENT`; `E<number>` for one without a name. */
export function errnoName(errno: number): string {
  return NAME_OF.get(errno) ?? `E${errno}`;
}

/** The number behind a name of this platform. Throws for a name that it does not have. */
export function errnoNumber(name: string): number {
  const errno = ERRNO_OF.get(name);
  if (errno === undefined) throw new RangeError(`no errno is called ${name}`);
  return errno;
}

/** The kernel, or the socket to it, refused something. */
export class NetlinkError extends Error {
  override readonly name = "NetlinkError";
  /** In the kernel's words, such as `IPVS_CMD_NEW_DEST`. */
  readonly operation: string;
  readonly errno: number;
  /** Such as `ENOENT`. */
  readonly code: string;
  /** The extended acknowledgement (`NLMSGERR_ATTR_MSG`); "" when the kernel gave none. */
  readonly kernelText: string;

  constructor(
    operation: string,
    errno: number,
    options: { kernelText?: string; cause?: unknown } = {},
  ) {
    const { kernelText = "", cause } = options;
    const detail = kernelText ? ` (${kernelText})` : "";
    super(`${operation}: ${errnoName(errno)}${detail}`, cause === undefined ? {} : { cause });
    this.operation = operation;
    this.errno = errno;
    this.code = errnoName(errno);
    this.kernelText = kernelText;
  }
}

/** Bytes that are not what the kernel's headers promise. The message carries the path to them. */
export class NetlinkDecodeError extends Error {
  override readonly name = "NetlinkDecodeError";
}

/** IPVS says ESRCH for a missing service and ENOENT for a missing destination. */
export const isNotFound = (error: unknown): boolean => hasCode(error, "ESRCH", "ENOENT");

export const isAlreadyExists = (error: unknown): boolean => hasCode(error, "EEXIST");

/** Worth the same request again, later. Everything else needs a new plan or a person. */
export const isTransient = (error: unknown): boolean =>
  hasCode(error, "EAGAIN", "EINTR", "ENOBUFS", "ENOMEM", "EBUSY", "ETIMEDOUT");

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof NetlinkError && codes.includes(error.code);
}
