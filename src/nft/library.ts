/**
 * libnftables, the library under the `nft` command, by foreign function interface: runs scripts, one after
 * the other and off the event loop, and gives back what was printed. Understands none of it.
 */
import { createRequire } from "node:module";
import { NftError } from "./nft-error.ts";

/** What Debian's package libnftables1 installs; its functions are the same since version 0.8. */
const LIBRARY = "libnftables.so.1";

/** `NFT_CTX_OUTPUT_*` of `<nftables/libnftables.h>`. */
const OUTPUT = { json: 1 << 4, numericPriority: 1 << 8 } as const;

/** What a script came to. */
export interface NftAnswer {
  readonly succeeded: boolean;
  /** Standard output: JSON for listings. */
  readonly output: string;
  /** What went wrong, with places in the script; "" mostly. */
  readonly errors: string;
}

/** One context of the library. */
export interface NftLibrary {
  /**
   * Runs a script: everything in it that changes something is one transaction. Calls may overlap, they
   * are carried out one after the other. Never rejects because of what the kernel says.
   */
  run(script: string): Promise<NftAnswer>;
  /** Waits for the running script; further ones reject. */
  close(): void;
}

/** The functions as `ffi-napi` gives them. */
interface Natives {
  nft_ctx_new(flags: number): Buffer;
  nft_ctx_free(context: Buffer): void;
  nft_ctx_buffer_output(context: Buffer): number;
  nft_ctx_buffer_error(context: Buffer): number;
  nft_ctx_get_output_buffer(context: Buffer): string | null;
  nft_ctx_get_error_buffer(context: Buffer): string | null;
  nft_ctx_output_set_flags(context: Buffer, flags: number): void;
  nft_run_cmd_from_buffer: {
    async(
      context: Buffer,
      script: Buffer,
      done: (error: Error | null, result: number) => void,
    ): void;
  };
}

/** Opens a context. Throws an {@link NftError} `LIBRARY_MISSING`. */
export function openNftLibrary(): NftLibrary {
  const natives = load();
  const context = natives.nft_ctx_new(0);
  natives.nft_ctx_buffer_output(context);
  natives.nft_ctx_buffer_error(context);
  natives.nft_ctx_output_set_flags(context, OUTPUT.json | OUTPUT.numericPriority);
  let turn: Promise<unknown> = Promise.resolve();
  let isClosed = false;
  const run = async (script: string): Promise<NftAnswer> => {
    // The terminator is ours to write; the buffer must outlive the call.
    const bytes = Buffer.from(`${script}\0`);
    const status = await new Promise<number>((resolve, reject) => {
      natives.nft_run_cmd_from_buffer.async(context, bytes, (error, result) => {
        if (error) reject(error);
        else resolve(bytes.length > 0 ? result : 0);
      });
    });
    // Getting a buffer empties it.
    const output = natives.nft_ctx_get_output_buffer(context) ?? "";
    const errors = natives.nft_ctx_get_error_buffer(context) ?? "";
    return { succeeded: status === 0, output, errors };
  };
  return {
    run: (script) => {
      if (isClosed) return Promise.reject(new NftError("REFUSED", "nftables: closed"));
      const answer = turn.then(() => run(script));
      turn = answer.catch(() => undefined);
      return answer;
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      turn.then(() => natives.nft_ctx_free(context));
    },
  };
}

function load(): Natives {
  const ffi = createRequire(import.meta.url)("ffi-napi") as {
    Library(path: string, functions: Record<string, unknown>): Natives;
  };
  const context = "pointer";
  try {
    return ffi.Library(LIBRARY, {
      nft_ctx_new: [context, ["uint32"]],
      nft_ctx_free: ["void", [context]],
      nft_ctx_buffer_output: ["int", [context]],
      nft_ctx_buffer_error: ["int", [context]],
      nft_ctx_get_output_buffer: ["string", [context]],
      nft_ctx_get_error_buffer: ["string", [context]],
      nft_ctx_output_set_flags: ["void", [context, "uint"]],
      nft_run_cmd_from_buffer: ["int", [context, "pointer"]],
    });
  } catch (cause) {
    throw new NftError(
      "LIBRARY_MISSING",
      `${LIBRARY} cannot be loaded (${String(cause)}): install Debian's libnftables1, or nftables-libs elsewhere`,
      { cause },
    );
  }
}
