/**
 * The lab's kernel: User-Mode Linux, a Linux kernel as one process that needs no privilege,
 * built once from the distribution's source package and kept in the cache.
 */
import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { hashOf, withLock } from "./cache.mjs";
import { ask, run, SetupError } from "./command.mjs";
import { refreshPackageLists } from "./packages.mjs";
import { CACHE, ROOT } from "./paths.mjs";
import { inWorkFolder } from "./work-folder.mjs";

const CONFIG = join(ROOT, "test", "lab", "kernel.config");
const LOG = "kernel";
/** What everything was tried with; any later one may do. */
const SOURCE_PREFERRED = "linux-source-6.1";
/** Object files of a 6.1 build with our options: what the percentage is of. */
const OBJECTS_EXPECTED = 1_000;
/** Without these there is no lab; the others may have other names in other kernels. */
const OPTIONS_REQUIRED = ["IP_VS", "IP_VS_RR", "DUMMY", "VETH", "NET_NS", "HOSTFS", "TMPFS"];

/**
 * @typedef {object} Source
 * @property {string} name Of the package, such as linux-source-6.1.
 * @property {string} version
 */

/**
 * The path of the kernel, or undefined when none is built.
 *
 * @returns {Promise<string | undefined>}
 */
export async function findKernel() {
  const source = await findSource();
  if (source) return existsSync(kernelPath(source)) ? kernelPath(source) : undefined;
  // No package lists, for example offline: any kernel with our options will do.
  const kernels = existsSync(CACHE) ? readdirSync(CACHE) : [];
  const same = kernels.find((name) => name.startsWith("linux-") && name.endsWith(configHash()));
  return same && join(CACHE, same);
}

/** @returns {import("./display.mjs").Step} */
export function kernelStep() {
  return {
    name: "kernel",
    why: "Linux with IPVS as one process, for this machine's own has none: built once, about 5 minutes",
    essential: false,
    present: async () => {
      const kernel = await findKernel();
      return kernel && `built already (${basename(kernel)})`;
    },
    make: async (progress) => {
      if (!(await findSource())) await refreshPackageLists(progress);
      const source = await findSource();
      if (!source) throw new SetupError("apt knows no package linux-source-6.1 or later.");
      const target = kernelPath(source);
      await withLock(
        `${target}.lock`,
        (pid) => progress(`process ${pid} is building it, waiting`),
        async () => {
          if (!existsSync(target)) await build(source, target, progress);
        },
      );
      return `built from ${source.name} ${source.version}`;
    },
  };
}

/** @returns {string} */
function configHash() {
  return hashOf({ paths: [CONFIG] });
}

/** @param {Source} source */
function kernelPath(source) {
  const version = source.version.replaceAll(/[^\w.+~-]/g, "_");
  return join(CACHE, `${source.name.replace("linux-source", "linux")}-${version}-${configHash()}`);
}

/**
 * The source package to build from: 6.1 where there is one, else the newest.
 *
 * @returns {Promise<Source | undefined>}
 */
async function findSource() {
  const names = (await ask("apt-cache", ["pkgnames", "linux-source-"]))?.split("\n") ?? [];
  const versioned = names
    .filter((name) => /^linux-source-\d+\.\d+(\.\d+)?$/.test(name))
    .sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
  const ordered = [SOURCE_PREFERRED, ...versioned].filter((name) => versioned.includes(name));
  for (const name of ordered) {
    const policy = await ask("apt-cache", ["policy", name]);
    const version = policy?.match(/^ {2}Candidate: (\S+)$/m)?.[1];
    if (version && version !== "(none)") return { name, version };
  }
  return undefined;
}

/**
 * Builds in a folder of its own and renames the result: the cache never holds half a kernel.
 *
 * @param {Source} source
 * @param {string} target
 * @param {(text: string) => void} progress
 */
async function build(source, target, progress) {
  await inWorkFolder(CACHE, async (work) => {
    progress(`downloading ${source.name}`);
    await run("apt-get", ["download", `${source.name}=${source.version}`], { log: LOG, cwd: work });
    progress("unpacking");
    const tree = await unpack(work);
    await configure(tree);
    await compile(tree, progress);
    renameSync(join(tree, "linux"), target);
  });
}

/** @param {string} work @returns {Promise<string>} The unpacked source tree. */
async function unpack(work) {
  const log = { log: LOG, cwd: work, append: true };
  const deb = only(work, /\.deb$/);
  await run("dpkg-deb", ["-x", deb, "package"], log);
  const archives = join(work, "package", "usr", "src");
  // Ubuntu packs the archive into a folder of its own.
  const found = readdirSync(archives, { recursive: true, encoding: "utf8" }).find((name) =>
    /\.tar\.(xz|bz2|gz)$/.test(name),
  );
  if (!found) throw new SetupError(`${deb} holds no kernel source archive.`);
  await run(
    "tar",
    ["xf", join(archives, found), "--one-top-level=tree", "--strip-components=1"],
    log,
  );
  return join(work, "tree");
}

/** @param {string} parent @param {RegExp} pattern */
function only(parent, pattern) {
  const name = readdirSync(parent).find((entry) => pattern.test(entry));
  if (!name) throw new SetupError(`apt-get download left no package in ${parent}.`);
  return name;
}

/** @param {string} tree */
async function configure(tree) {
  const log = { log: LOG, cwd: tree, append: true };
  await run("make", ["ARCH=um", "tinyconfig"], log);
  await run("sh", ["scripts/kconfig/merge_config.sh", "-m", ".config", CONFIG], log);
  await run("make", ["ARCH=um", "olddefconfig"], log);
  const made = new Set(readFileSync(join(tree, ".config"), "utf8").split("\n"));
  const lost = OPTIONS_REQUIRED.filter((name) => !made.has(`CONFIG_${name}=y`));
  if (lost.length > 0) throw new SetupError(`this kernel source has no ${lost.join(", ")}.`);
}

/** @param {string} tree @param {(text: string) => void} progress */
async function compile(tree, progress) {
  let objects = 0;
  await run("make", ["ARCH=um", `-j${availableParallelism()}`, "linux"], {
    log: LOG,
    cwd: tree,
    append: true,
    onLine: (line) => {
      if (!/^ {2}(CC|AS) /.test(line)) return;
      objects++;
      const percent = Math.min(99, Math.floor((100 * objects) / OBJECTS_EXPECTED));
      progress(`compiling ${percent} % (${objects} files)`);
    },
  });
}
