/** Makes one JavaScript file of a TypeScript program and all it imports, by esbuild. */
import { chmodSync, existsSync } from "node:fs";
import { basename, join } from "node:path";
import { hashOf, isMade, markMade } from "./cache.mjs";
import { SetupError } from "./command.mjs";
import { BUILD, ROOT } from "./paths.mjs";

/** Modules with compiled parts: these are looked up in node_modules when the program starts. */
export const NATIVE_MODULES = ["ffi-napi", "ref-napi"];

/** CommonJS packages inside the bundle ask for these by name. */
const COMMONJS_NAMES = [
  'import { createRequire as bundleCreateRequire } from "node:module";',
  "const require = bundleCreateRequire(import.meta.url);",
].join("\n");

/**
 * Of client-node, which does not say so itself, only what is used: else a start reads the classes of all
 * kinds of objects there are, in every version.
 *
 * @type {import("esbuild").Plugin}
 */
const USED_PARTS = {
  name: "used parts",
  setup({ onResolve }) {
    const folder = join(ROOT, "node_modules", CLIENT_NODE, "dist");
    onResolve({ filter: /^@kubernetes\/client-node$/ }, () => ({
      path: join(folder, "index.js"),
      sideEffects: false,
    }));
    onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) =>
      resolveDir.startsWith(folder)
        ? { path: join(resolveDir, path), sideEffects: false }
        : undefined,
    );
  },
};

const CLIENT_NODE = "@kubernetes/client-node";

/**
 * What client-node wants of node-fetch, for requests that are not made here: with it would come a fifth of the
 * bundle, tables of Unicode above all, to be read at each start. Node has the same.
 */
const NODE_FETCH = `
  export default (...words) => globalThis.fetch(...words);
  export class Headers { constructor(init) { return new globalThis.Headers(init); } }
  export class FetchError extends Error {}
  export class AbortError extends Error {}
`;

/** @type {import("esbuild").Plugin} */
const NODES_FETCH = {
  name: "Node's own fetch",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node-fetch$/ }, ({ path }) => ({ path, namespace: "node-fetch" }));
    onLoad({ filter: /.*/, namespace: "node-fetch" }, () => ({ contents: NODE_FETCH }));
  },
};

/**
 * Bundles `entry` (a path in the repository) into `output`, for Node.js 20 as an ECMAScript module.
 * Packages are bundled too, which makes a start much quicker, above all in the lab's guest; programs
 * that stay outside may leave them where they are.
 *
 * @param {string} entry
 * @param {string} output
 * @param {{ banner?: string, packages?: "bundle" | "external" }} [options]
 */
export async function bundle(entry, output, { banner = "", packages = "bundle" } = {}) {
  const { build } = await import("esbuild");
  try {
    await build({
      absWorkingDir: ROOT,
      entryPoints: [join(ROOT, entry)],
      outfile: output,
      bundle: true,
      format: "esm",
      platform: "node",
      target: "node20",
      packages,
      external: NATIVE_MODULES,
      plugins: packages === "bundle" ? [USED_PARTS, NODES_FETCH] : [],
      banner: { js: `${banner}${COMMONJS_NAMES}` },
      sourcemap: "linked",
      // A third less to read and compile at each start; names stay, for traces.
      minifyWhitespace: true,
      minifySyntax: true,
      legalComments: "none",
      logLevel: "silent",
    });
  } catch (err) {
    throw new SetupError(`esbuild cannot bundle ${entry}: ${/** @type {Error} */ (err).message}`);
  }
}

/**
 * Bundles a program that runs inside the lab, or one that boots it, and returns the file's path.
 *
 * It lies in the folder `build` of the repository, so that a path such as `../native/build` means
 * the same as from `dist/main.js`.
 *
 * @param {string} entry Such as `test/demo/guest.ts`.
 * @param {{ packages?: "bundle" | "external" }} [options]
 * @returns {Promise<string>}
 */
export async function bundleProgram(entry, options) {
  const name = entry.replace(/^test\//, "").replace(/\.ts$/, "");
  const output = join(BUILD, `${name.replaceAll("/", "-")}.mjs`);
  await bundle(entry, output, options);
  return output;
}

/** @returns {import("./display.mjs").Step} */
export function mainStep() {
  const output = join(ROOT, "dist", "main.js");
  const inputs = () =>
    hashOf({ paths: [join(ROOT, "src"), join(ROOT, "package-lock.json"), import.meta.filename] });
  return {
    name: `dist/${basename(output)}`,
    why: "the program in one file",
    essential: false,
    present: () => (isMade("main", inputs()) && existsSync(output) ? "built already" : undefined),
    make: async () => {
      const made = inputs();
      await bundle("src/main.ts", output, { banner: "#!/usr/bin/env node\n" });
      chmodSync(output, 0o755);
      markMade("main", made);
      return "bundled by esbuild";
    },
  };
}
