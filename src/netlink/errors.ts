/** What can go wrong between us and the kernel. */
import { constants } from "node:os";

/** Errnos of Linux that Node has no name for. */
const LINUX_ONLY = { ESOCKTNOSUPPORT: 94, EPFNOSUPPORT: 96, ESHUTDOWN: 108 };

const ERRNO_OF = new Map<string, number>(
  Object.entries({ ...constants.errno, ...LINUX_ONLY }).map(([name, errno]) => [name, errno]),
);

/** Of two names of one number these are the second: the kernel's own words are the first. */
const SECOND_NAMES: ReadonlySet<string> = new Set(["EWOULDBLOCK", "ENOTSUP"]);

const NAME_OF = new Map<number, string>(
  [...ERRNO_OF].filter(([name]) => !SECOND_NAMES.has(name)).map(([name, errno]) => [errno, name]),
);

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
