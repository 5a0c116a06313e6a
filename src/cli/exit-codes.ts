/** The exit codes of every command: part of the interface, so a script can tell what to mend. */

/** Code, and what help texts say about it. */
export const EXIT_CODES = {
  ok: { code: 0, meaning: "done" },
  failed: { code: 1, meaning: "something failed; the message says what" },
  usage: { code: 2, meaning: "a flag or the configuration is wrong; all mistakes are listed" },
  noPermission: { code: 3, meaning: "CAP_NET_ADMIN is missing" },
  noIpvs: { code: 4, meaning: "the kernel has no IPVS" },
  noLibrary: { code: 5, meaning: "the native library is missing or of another version" },
  differs: { code: 6, meaning: "`plan --exit-code`: the kernel is not what the objects ask for" },
} as const;

const CODE_OF: Readonly<Record<string, number>> = {
  NO_PERMISSION: EXIT_CODES.noPermission.code,
  EPERM: EXIT_CODES.noPermission.code,
  NO_IPVS: EXIT_CODES.noIpvs.code,
  NO_LIBRARY: EXIT_CODES.noLibrary.code,
  ERR_CONFIG: EXIT_CODES.usage.code,
  BAD_NAME: EXIT_CODES.usage.code,
};

/** The exit code that an error asks for. */
export function exitCodeOf(error: unknown): number {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return CODE_OF[code] ?? EXIT_CODES.failed.code;
}

/** The list for help texts. */
export function exitCodesText(): string {
  const lines = Object.values(EXIT_CODES).map(({ code, meaning }) => `  ${code}  ${meaning}`);
  return `\nExit codes:\n${lines.join("\n")}\n`;
}
