/**
 * The native library: the only file that knows of a foreign function interface. Finds `libknl.so`,
 * checks its ABI number, and makes its functions promises; understands no message.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** `KNL_ABI` of native/knl.h that this file was written for. */
const ABI = 4;

/** Where the library is, below the package's folder. */
const LIBRARY = join("native", "build", "libknl.so");

/** Folders above this file that are searched for the package's own. */
const PARENTS_MAX = 4;

/** The native library is missing, unloadable, or of another version; the message says what to do. */
export class NativeLibraryError extends Error {
  override readonly name = "NativeLibraryError";
  readonly code = "NO_LIBRARY";
}

/** A socket of the library. Calls on one handle must not overlap. */
export type Handle = Buffer;

/** The functions of native/knl.h; each resolves to a count, or to `-errno`. */
export interface NativeLibrary {
  open(family: number, socketBytes: number): { handle: Handle; error: number };
  transact(
    handle: Handle,
    request: Uint8Array,
    options: { readonly lastSequence: number; readonly timeoutMs: number },
  ): Promise<number>;
  dump(handle: Handle, requests: Uint8Array, timeoutMs: number): Promise<number>;
  /** Begins a dump that is read in parts. */
  beginDump(handle: Handle, request: Uint8Array, timeoutMs: number): Promise<number>;
  /** The next part of the dump, to be taken; 0 after the last one. */
  dumpPart(handle: Handle, timeoutMs: number): Promise<number>;
  /** The answers of the last exchange, as memory of our own. */
  take(handle: Handle, bytes: number): Uint8Array;
  close(handle: Handle): number;
  /** Gives memory that is free in this process back to the node. */
  trim(): void;
  /** A descriptor to read from and to close, of the form that native/knl.h describes. */
  listen(family: number, groups: number, socketBytes: number): number;
}

let loaded: NativeLibrary | undefined;

/** Loads the library once for the process. Throws {@link NativeLibraryError}. */
export function loadLibrary(): NativeLibrary {
  loaded ??= bindLibrary(findLibrary());
  return loaded;
}

/** The library's place beside `dist/` or `src/`, wherever this file was bundled to. */
function findLibrary(): string | undefined {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let i = 0; i < PARENTS_MAX; i++) {
    const path = join(folder, LIBRARY);
    if (existsSync(path)) return path;
    folder = dirname(folder);
  }
  return undefined;
}

/** Loads the library at `path`. Throws {@link NativeLibraryError}. */
export function bindLibrary(path: string | undefined): NativeLibrary {
  if (path === undefined) {
    throw new NativeLibraryError(`The native library ${LIBRARY} is missing: run \`npm run build\``);
  }
  const { ffi, ref } = loadForeign();
  const natives = openLibrary(ffi, path);
  const abi = natives.knl_abi();
  if (abi !== ABI) {
    throw new NativeLibraryError(
      `${path} has ABI ${abi}, this program needs ${ABI}: run \`npm run build\` again`,
    );
  }
  return wrap(natives, ref);
}

/** What we use of `ref-napi`. */
interface Ref {
  alloc(type: string): Buffer & { deref(): Buffer };
}

type Result = number | string;
type Async<A extends readonly unknown[]> = {
  async(...args: [...A, (error: Error | null, result: Result) => void]): void;
};

/** The functions as `ffi-napi` gives them. */
interface Natives {
  knl_abi(): number;
  knl_open(family: number, bytes: number, out: Buffer): number;
  knl_transact: Async<[Handle, Uint8Array, number, number, number]>;
  knl_dump: Async<[Handle, Uint8Array, number, number]>;
  knl_dump_begin: Async<[Handle, Uint8Array, number, number]>;
  knl_dump_part: Async<[Handle, number]>;
  knl_take(handle: Handle, out: Uint8Array, bytes: number): Result;
  knl_close(handle: Handle): number;
  knl_trim(): number;
  knl_listen(family: number, groups: number, bytes: number): number;
}

type Ffi = { Library(path: string, functions: Record<string, unknown>): Natives };

function loadForeign(): { ffi: Ffi; ref: Ref } {
  const load = createRequire(import.meta.url);
  try {
    return { ffi: load("ffi-napi") as Ffi, ref: load("ref-napi") as Ref };
  } catch (cause) {
    throw new NativeLibraryError(
      "The packages ffi-napi and ref-napi cannot be loaded: run `npm ci` where python3, make and g++ are installed",
      { cause },
    );
  }
}

function openLibrary(ffi: Ffi, path: string): Natives {
  const pointer = "pointer";
  try {
    return ffi.Library(path, {
      knl_abi: ["int32", []],
      knl_open: ["int32", ["int32", "int32", pointer]],
      knl_transact: ["int64", [pointer, pointer, "size_t", "uint32", "int32"]],
      knl_dump: ["int64", [pointer, pointer, "size_t", "int32"]],
      knl_dump_begin: ["int32", [pointer, pointer, "size_t", "int32"]],
      knl_dump_part: ["int64", [pointer, "int32"]],
      knl_take: ["int64", [pointer, pointer, "size_t"]],
      knl_close: ["int32", [pointer]],
      knl_trim: ["int32", []],
      knl_listen: ["int32", ["int32", "uint32", "int32"]],
    });
  } catch (cause) {
    throw new NativeLibraryError(
      `The native library ${path} cannot be loaded (${String(cause)}): run \`npm run build\` again`,
      { cause },
    );
  }
}

function wrap(natives: Natives, ref: Ref): NativeLibrary {
  return {
    open(family, socketBytes) {
      const out = ref.alloc("pointer");
      const error = natives.knl_open(family, socketBytes, out);
      return { error, handle: error < 0 ? Buffer.alloc(0) : out.deref() };
    },
    transact: (handle, request, { lastSequence, timeoutMs }) =>
      promise([handle, request], (done) =>
        natives.knl_transact.async(handle, request, request.length, lastSequence, timeoutMs, done),
      ),
    dump: (handle, requests, timeoutMs) =>
      promise([handle, requests], (done) =>
        natives.knl_dump.async(handle, requests, requests.length, timeoutMs, done),
      ),
    beginDump: (handle, request, timeoutMs) =>
      promise([handle, request], (done) =>
        natives.knl_dump_begin.async(handle, request, request.length, timeoutMs, done),
      ),
    dumpPart: (handle, timeoutMs) =>
      promise([handle], (done) => natives.knl_dump_part.async(handle, timeoutMs, done)),
    take(handle, bytes) {
      const out = Buffer.allocUnsafeSlow(bytes);
      const taken = Number(natives.knl_take(handle, out, bytes));
      return out.subarray(0, Math.max(0, taken));
    },
    close: (handle) => natives.knl_close(handle),
    trim: () => void natives.knl_trim(),
    listen: (family, groups, socketBytes) => natives.knl_listen(family, groups, socketBytes),
  };
}

/** Memory that running calls use: the foreign function interface does not hold it. */
const inUse = new Set<readonly Uint8Array[]>();

function promise(
  memory: readonly Uint8Array[],
  call: (done: (error: Error | null, result: Result) => void) => void,
): Promise<number> {
  return new Promise((resolve, reject) => {
    inUse.add(memory);
    call((error, result) => {
      inUse.delete(memory);
      if (error) reject(error);
      else resolve(Number(result));
    });
  });
}
