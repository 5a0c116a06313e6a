/** How the next list of a collection is asked for: at the head of a watch, or in pages. Pure. */
import type { ApiError, ApiErrorCode } from "./api-error.ts";

/**
 * Said of parameters that the server does not know, or does not grant: by Kubernetes before 1.32 and by 1.33, and by
 * later ones that are told so.
 */
const REFUSALS: ReadonlySet<number | undefined> = new Set([400, 422]);

/** Said where the store cannot do what the server promises, as etcd before 3.4.31 and 3.5.13. */
const FAILURE = 500;

/** What may be due to the watch: something between holds streams back, there is no right to watch, it ended too soon. */
const DOUBTS: ReadonlySet<ApiErrorCode> = new Set(["REFUSED", "TIMEOUT", "MALFORMED", "FORBIDDEN"]);

/** The choice for one collection. */
export class ListWay {
  #isRefused = false;
  #isInDoubt = false;

  get isByWatch(): boolean {
    return !this.#isRefused && !this.#isInDoubt;
  }

  /** A list came: the next one is tried by watch again, unless the server refuses that. */
  listed(): void {
    this.#isInDoubt = false;
  }

  /** A list failed. True: only its way was refused, and it can be asked for in pages at once. */
  failed({ code, status }: ApiError): boolean {
    if (!this.isByWatch) return false;
    this.#isRefused = REFUSALS.has(status);
    this.#isInDoubt = DOUBTS.has(code) || status === FAILURE;
    return this.#isRefused;
  }
}
