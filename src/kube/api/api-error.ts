/** What can go wrong between us and the API server, in words that say what to do. */

/**
 * `CONFIG`: the kubeconfig is none. `UNREACHABLE`, `TIMEOUT`, `TLS`: no answer. `BUSY`: an answer that may
 * be another one soon. `UNAUTHORIZED`, `FORBIDDEN`: credentials or rights are wrong. `NOT_FOUND`: the server
 * is too old. `EXPIRED`: what was asked for is gone, a new list is due. `REFUSED`: any other status.
 * `MALFORMED`: an answer that is none. `TOO_LARGE`: one that is longer than we take at once. `ENDED`: we were
 * asked to end before there was an answer.
 */
export type ApiErrorCode =
  | "CONFIG"
  | "UNREACHABLE"
  | "TIMEOUT"
  | "TLS"
  | "BUSY"
  | "UNAUTHORIZED"
  | "FORBIDDEN"
  | "NOT_FOUND"
  | "EXPIRED"
  | "REFUSED"
  | "MALFORMED"
  | "TOO_LARGE"
  | "ENDED";

interface ApiErrorOptions {
  readonly cause?: unknown;
  readonly status?: number;
}

/** A request that brought no good answer. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly code: ApiErrorCode;
  /** Of HTTP, or of the `Status` that a watch ended with; undefined where there was none. */
  readonly status: number | undefined;

  constructor(code: ApiErrorCode, message: string, options: ApiErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.status = options.status;
  }
}

/** Characters of the server's own words that a message repeats. */
const SERVER_TEXT_MAX = 300;

/** The error behind an answer with a status that is not 2xx. `what` is such as `list services`. */
export function statusError(what: string, status: number, body: unknown): ApiError {
  const said = statusText(body);
  const error = (code: ApiErrorCode, text: string): ApiError =>
    new ApiError(code, `${text}${said}`, { status });
  switch (status) {
    case 401:
      return error(
        "UNAUTHORIZED",
        "the API server does not accept our credentials (401): renew the token or certificate",
      );
    case 403:
      return error("FORBIDDEN", `not allowed to ${what} (403): apply the rights of deploy/base`);
    case 404:
      return error(
        "NOT_FOUND",
        `the API server has no such resource to ${what} (404): it is older than Kubernetes 1.21, or another server`,
      );
    case 410:
      return error("EXPIRED", `${what}: the version is too old (410)`);
    default:
      return error(
        BUSY_STATUS.has(status) ? "BUSY" : "REFUSED",
        `${what}: the API server answers ${status}`,
      );
  }
}

/** Said by a server that starts, ends, or has too much to do; 504 is about the version asked for, too. */
const BUSY_STATUS: ReadonlySet<number> = new Set([408, 429, 500, 502, 503]);

function statusText(body: unknown): string {
  const message =
    typeof body === "object" && body !== null && "message" in body ? body.message : body;
  return typeof message === "string" && message !== ""
    ? `: ${message.slice(0, SERVER_TEXT_MAX).trim()}`
    : "";
}

const TLS_CODE = /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_(?:VERIFY|GET)/;

/** The error behind a request that got no answer at all. `server` is its URL. */
export function connectionError(server: string, cause: unknown): ApiError {
  if (cause instanceof ApiError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (TLS_CODE.test(code)) {
    const what = "does not prove who it is: check certificate-authority-data and the server's name";
    return new ApiError("TLS", `${server} ${what} (${code}: ${text})`, { cause });
  }
  const reason = code === "" || text.includes(code) ? text : `${code}: ${text}`;
  return new ApiError("UNREACHABLE", `${server} cannot be reached: ${reason}`, { cause });
}

/** Tells that whoever asked wants no answer any more. */
export function endedError(server: string, cause?: unknown): ApiError {
  return new ApiError("ENDED", `asked to end before ${server} had answered`, { cause });
}
