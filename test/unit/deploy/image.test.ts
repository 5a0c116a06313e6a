/** The image: what the Dockerfile copies is enough to run, and is no more than that. */
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { mainStep, NATIVE_MODULES } from "../../setup/bundle.mjs";
import { readProjectFile, TOP } from "../../tidy/source-file.ts";

interface Locked {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

const MODULES = "node_modules";

/** To make the bundle and to copy, on a busy machine. */
const PREPARATION_MS_MAX = 60_000;

/** Folders of the packages that `npm prune --omit=dev` keeps. */
function productionPackages(): readonly string[] {
  const { packages }: Locked = JSON.parse(readProjectFile("package-lock.json").text);
  return Object.keys(packages).filter((path) => path !== "" && packages[path]?.dev !== true);
}

/** What goes from the first stage to the image, as `[from, to]`. */
function copied(): readonly (readonly [string, string])[] {
  const lines = readProjectFile("deploy/Dockerfile").text.matchAll(
    /^COPY --from=build \/src\/(\S+) (\S+)$/gm,
  );
  return [...lines].map(([, from = "", to = ""]) => [from, to]);
}

const image = mkdtempSync(join(tmpdir(), "kube-ipvs-image-"));

beforeAll(async () => {
  // A run of these tests alone may be the first one after a change in src.
  const main = mainStep();
  if ((await main.present()) === undefined) await main.make(() => {});
  for (const [from, to] of copied()) {
    if (from === MODULES) productionPackages().forEach(copyPackage);
    else cpSync(join(TOP, from), join(image, to.endsWith("/") ? `${to}${from}` : to));
  }
}, PREPARATION_MS_MAX);
afterAll(() => rmSync(image, { recursive: true }));

/** Without the packages inside it, which the lock file has by themselves. */
function copyPackage(path: string): void {
  const inside = `${path}/${MODULES}`;
  cpSync(join(TOP, path), join(image, path), {
    recursive: true,
    filter: (file) => !file.includes(inside),
  });
}

/** What Node.js prints for these arguments, in the image's folder and with nothing else around. */
async function node(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: image, env: {} });
  return stdout;
}

test("it has the packages that the bundle cannot hold, and none that are in it already", () => {
  const { dependencies } = JSON.parse(readProjectFile("package.json").text);
  expect(Object.keys(dependencies)).toEqual(NATIVE_MODULES);
});

test("the program runs in it", async () => {
  const { version } = JSON.parse(readProjectFile("package.json").text);
  expect(await node("dist/main.js", "version")).toContain(
    `kube-ipvs ${version} (Node ${process.version}`,
  );
  expect(await node("dist/main.js", "plan", "--help")).toContain("--manifests <");
});

test("the native library can be called in it, by packages that lack none of theirs", async () => {
  const script = `
    require("ref-napi");
    const { Library } = require("ffi-napi");
    const { knl_abi } = new Library("./native/build/libknl.so", { knl_abi: ["int32", []] });
    process.stdout.write(String(knl_abi()));`;
  expect(Number(await node("--eval", script))).toBeGreaterThan(0);
});
