/** The Debian packages that building and the lab need: finds the missing ones and installs them. */
import { ask, run, SetupError } from "./command.mjs";

/**
 * Package names, by what they are for.
 *
 * @type {{ readonly native: Readonly<Record<string, string>>, readonly lab: Readonly<Record<string, string>>, readonly kernel: Readonly<Record<string, string>> }}
 */
export const PACKAGES = {
  native: {
    gcc: "compiles the netlink library",
    "g++": "compiles the FFI modules",
    make: "runs their builds",
    python3: "node-gyp is written in it",
    "libc6-dev": "C headers",
    "linux-libc-dev": "kernel headers",
  },
  lab: {
    iproute2: "makes pods as network namespaces",
    kmod: "loads IPVS where the machine's kernel has it",
    ipvsadm: "looks at the table from outside, in tests only",
    nftables: "the packet filter's library, and a look at the ruleset from outside",
    iptables: "the real kube-proxy needs it, and leaves rules that are taken over",
    ipset: "as iptables",
    conntrack: "looks at connection tracking, in tests only",
    "iputils-ping": "asks addresses without a port, in tests only",
    curl: "an HTTP client in the lab",
    "util-linux": "namespaces and terminals",
  },
  kernel: {
    flex: "kernel configuration",
    bison: "kernel configuration",
    bc: "kernel time constants",
    "xz-utils": "unpacks the kernel source",
  },
};

/**
 * Which of `names` are not installed.
 *
 * @param {readonly string[]} names
 * @returns {Promise<readonly string[]>}
 */
async function missing(names) {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: these placeholders are dpkg-query's
  const format = ["-W", "-f", "${Package} ${db:Status-Status}\n"];
  // dpkg-query fails when a name is unknown and lists the others all the same: ask one shell for both.
  const text = await ask("sh", [
    "-c",
    `dpkg-query "$@" 2>/dev/null || true`,
    "sh",
    ...format,
    ...names,
  ]);
  const installed = new Set(
    (text ?? "")
      .split("\n")
      .filter((line) => line.endsWith(" installed"))
      .map((line) => line.split(" ")[0]),
  );
  return names.filter((name) => !installed.has(name));
}

/**
 * The step that has all packages of the given groups.
 *
 * @param {readonly (keyof typeof PACKAGES)[]} groups
 * @returns {import("./display.mjs").Step}
 */
export function packagesStep(groups) {
  /** @type {Record<string, string>} */
  const wanted = Object.assign({}, ...groups.map((group) => PACKAGES[group]));
  const names = Object.keys(wanted);
  return {
    name: "Debian packages",
    why: "compilers and network tools",
    essential: true,
    present: async () => {
      if ((await ask("dpkg-query", ["--version"])) === undefined) return notDebian(names);
      return (await missing(names)).length === 0 ? "installed already" : undefined;
    },
    make: async (progress) => {
      const names_ = await missing(names);
      for (const name of names_) progress(`${name} (${wanted[name]})`);
      await install(names_, progress);
      return `installed ${names_.map((name) => `${name} (${wanted[name]})`).join(", ")}`;
    },
  };
}

/** @param {readonly string[]} names */
function notDebian(names) {
  return `this is no Debian or Ubuntu: please see that it has what there is called ${names.join(" ")}`;
}

/** @param {readonly string[]} names @param {(text: string) => void} progress */
async function install(names, progress) {
  const command = ["apt-get", "install", "-y", "--no-install-recommends", ...names];
  const prefix = await rootPrefix(command);
  const options = { log: "packages", env: { DEBIAN_FRONTEND: "noninteractive" } };
  if (!(await haveCandidates(names))) await aptUpdate(prefix, progress);
  const attempt = () => runAs(prefix, command, { ...options, append: true });
  progress(names.join(" "));
  await attempt().catch(async () => {
    // Lists older than the archive name files that are gone: fetch them and try once more.
    await aptUpdate(prefix, progress);
    await attempt();
  });
}

/** Refreshes apt's lists. @param {readonly string[]} prefix @param {(text: string) => void} progress */
async function aptUpdate(prefix, progress) {
  progress("apt-get update");
  await runAs(prefix, ["apt-get", "update"], { log: "packages" });
}

/** Refreshes apt's lists, as root or by sudo. @param {(text: string) => void} progress */
export async function refreshPackageLists(progress) {
  await aptUpdate(await rootPrefix(["apt-get", "update"]), progress);
}

/**
 * @param {readonly string[]} prefix
 * @param {readonly string[]} command
 * @param {import("./command.mjs").RunOptions} options
 */
function runAs(prefix, command, options) {
  const [program = "", ...args] = [...prefix, ...command];
  return run(program, args, options);
}

/** @param {readonly string[]} names */
async function haveCandidates(names) {
  const text = await ask("apt-cache", ["policy", ...names]);
  const candidates = (text ?? "").match(/^ {2}Candidate: (?!\(none\))/gm) ?? [];
  return candidates.length >= names.length;
}

/**
 * What to put before a command that needs root.
 *
 * @param {readonly string[]} command
 * @returns {Promise<readonly string[]>}
 */
async function rootPrefix(command) {
  if (process.getuid?.() === 0) return [];
  if ((await ask("sudo", ["-n", "true"])) !== undefined) {
    return ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive"];
  }
  throw new SetupError(
    "packages are missing and this user may not install them. " +
      `Please run this, then the same command again:\n    sudo ${command.join(" ")}`,
  );
}
