/** What can go wrong between us and nftables. */

/**
 * `LIBRARY_MISSING`: libnftables cannot be loaded. `NO_PERMISSION`: CAP_NET_ADMIN is missing.
 * `NO_NFTABLES`: the kernel has no nftables. `REFUSED`: the kernel or the library would not have a
 * script. `UNREADABLE`: a listing that is not of the documented form.
 */
export type NftErrorCode =
  | "LIBRARY_MISSING"
  | "NO_PERMISSION"
  | "NO_NFTABLES"
  | "REFUSED"
  | "UNREADABLE";

/** libnftables or the kernel refused something, or could not be asked. */
export class NftError extends Error {
  override readonly name = "NftError";
  readonly code: NftErrorCode;

  constructor(code: NftErrorCode, message: string, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.code = code;
  }
}

/** The error behind what libnftables printed for a command that failed. */
export function nftErrorOf(text: string): NftError {
  const said = reasonsIn(text);
  if (/operation not permitted/i.test(text)) {
    return new NftError(
      "NO_PERMISSION",
      `nftables: not permitted: run with CAP_NET_ADMIN (${said})`,
    );
  }
  if (
    /protocol not supported|address family not supported|cache initialization failed/i.test(text)
  ) {
    const what = "this kernel has no nftables of this family (modules nf_tables, nft_chain_nat)";
    return new NftError("NO_NFTABLES", `nftables: ${what}: ${said}`);
  }
  return new NftError("REFUSED", `nftables: ${said}`);
}

/** Reasons of which one error tells; a wrong kernel refuses every rule for the same one. */
const REASONS_MAX = 3;

/** Characters of one reason. */
const REASON_LENGTH_MAX = 200;

/** The different reasons without the marks that point into the script. */
function reasonsIn(text: string): string {
  const found = new Set([...text.matchAll(/Error: ([^\n]*)/g)].map(([, reason = ""]) => reason));
  if (found.size === 0) return text.trim().slice(0, REASON_LENGTH_MAX) || "no reason was given";
  return [...found]
    .slice(0, REASONS_MAX)
    .map((reason) => reason.replace(/^Could not process rule: /, "").slice(0, REASON_LENGTH_MAX))
    .join("; ");
}
