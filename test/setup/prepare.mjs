/** Everything that has to be there before a test, the lab, the demo or the benchmark can run. */
import { existsSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { mainStep } from "./bundle.mjs";
import { hashOf, isMade, markMade, withLock } from "./cache.mjs";
import { run, SetupError } from "./command.mjs";
import { runSteps } from "./display.mjs";
import { chooseEngine } from "./engine.mjs";
import { findKernel, kernelStep } from "./kernel.mjs";
import { kubernetesStep } from "./kubernetes.mjs";
import { packagesStep } from "./packages.mjs";
import { BUILD, folder, ROOT } from "./paths.mjs";

/** @typedef {import("./display.mjs").Step} Step */
/** @typedef {import("./kubernetes.mjs").Program} Program */

/**
 * Has everything; what is there already takes one line.
 *
 * @param {{ readonly lab: boolean, readonly kubernetes?: readonly Program[] }} options lab: also what
 *   the real kernel needs. kubernetes: also these programs of a real cluster.
 */
export async function prepare({ lab, kubernetes = [] }) {
  await withLock(
    join(folder(BUILD), "setup.lock"),
    (pid) => process.stdout.write(`waiting for process ${pid}, which sets up this folder\n`),
    () => prepareAlone({ lab, kubernetes }),
  );
}

/** @param {{ readonly lab: boolean, readonly kubernetes: readonly Program[] }} options */
async function prepareAlone({ lab, kubernetes }) {
  const engine = lab ? await chooseEngine() : undefined;
  /** @type {(keyof typeof import("./packages.mjs").PACKAGES)[]} */
  const groups = ["native"];
  if (lab) groups.push("lab");
  if (engine === "uml" && !(await findKernel())) groups.push("kernel");
  /** @type {Step[]} */
  const steps = [packagesStep(groups), modulesStep(), nativeStep(), mainStep()];
  if (lab) steps.push(toolsStep());
  if (engine === "uml") steps.push(kernelStep());
  if (kubernetes.length > 0) steps.push(kubernetesStep(kubernetes));
  await runSteps(steps);
  if (engine === "uml") await linkKernel();
}

/** @returns {Step} */
function modulesStep() {
  const modules = join(ROOT, "node_modules");
  const inputs = () =>
    hashOf({
      // Another Node.js may need other binaries of the FFI modules.
      texts: [process.versions.modules, process.arch],
      paths: [join(ROOT, "package.json"), join(ROOT, "package-lock.json")],
    });
  const present = () => existsSync(join(modules, ".package-lock.json"));
  return {
    name: "npm packages",
    why: "libraries and tools of package.json",
    essential: true,
    present: () => (present() && isMade("modules", inputs()) ? "installed already" : undefined),
    make: async () => {
      await run("npm", ["ci", "--no-audit", "--no-fund"], { log: "npm", cwd: ROOT });
      markMade("modules", inputs());
      return "installed by npm ci";
    },
  };
}

/** @returns {Step} */
function nativeStep() {
  const source = join(ROOT, "native");
  const inputs = () =>
    hashOf({ texts: [process.arch], paths: [source], skip: /\/native\/build\// });
  const present = () => existsSync(join(source, "build"));
  return {
    name: "netlink library",
    why: "the C library that talks to the kernel",
    essential: false,
    present: () => (present() && isMade("native", inputs()) ? "built already" : undefined),
    make: async () => {
      await run("make", ["-C", source], { log: "native" });
      markMade("native", inputs());
      return "compiled by gcc";
    },
  };
}

/** @returns {Step} */
function toolsStep() {
  const source = join(ROOT, "test", "lab");
  const output = join(BUILD, "lab");
  const inputs = () =>
    hashOf({ texts: [process.arch], paths: [source], skip: /\.(ts|config|md)$/ });
  const present = () =>
    ["init", "traffic", "floor", "nft-floor"].every((name) => existsSync(join(output, name)));
  return {
    name: "lab tools",
    why: "the lab's first process, its traffic, and the speed of bare C",
    essential: false,
    present: () => (present() && isMade("tools", inputs()) ? "built already" : undefined),
    make: async () => {
      await run("make", ["-C", source, `OUT=${folder(output)}`], { log: "tools" });
      markMade("tools", inputs());
      return "compiled by gcc";
    },
  };
}

/** Puts the kernel where the lab looks for it. */
async function linkKernel() {
  const kernel = await findKernel();
  if (!kernel) throw new SetupError("the kernel that was there a moment ago is gone.");
  const link = join(folder(join(BUILD, "lab")), "kernel");
  rmSync(link, { force: true });
  symlinkSync(kernel, link);
}
