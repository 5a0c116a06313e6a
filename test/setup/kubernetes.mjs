/**
 * A real API server for the lab, the kubectl that our manifests are applied with, and the kube-proxy that
 * ours is held against: built once from their Go modules and kept in the cache. `KUBEBUILDER_ASSETS` names
 * a folder that has some of them already, as Kubernetes' own test environment has it: only what it lacks is built.
 */
import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { hashOf, withLock } from "./cache.mjs";
import { ask, logPath, run, runStatus, SetupError } from "./command.mjs";
import { findGo, GO_NEEDED, sentence } from "./go.mjs";
import { COPY, PATCH, patchedCopy } from "./kubernetes-patch.mjs";
import { BUILD, CACHE, folder } from "./paths.mjs";
import { inWorkFolder } from "./work-folder.mjs";

const KUBERNETES = "v1.35.4";
/** The modules that Kubernetes keeps in its own tree have versions of their own. */
const STAGING = KUBERNETES.replace(/^v1/, "v0");
const ETCD = "v3.6.5";
const LOG = "kubernetes";

/** What the lab runs, and the Go package of each. */
const PROGRAMS = {
  etcd: "./etcd",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
};
/** @typedef {keyof typeof PROGRAMS} Program */

/** All of them. */
export const ALL_PROGRAMS = /** @type {readonly Program[]} */ (Object.keys(PROGRAMS));
/** Those that a cluster to look at needs: kube-proxy is for comparisons alone. */
export const SERVER_PROGRAMS = ALL_PROGRAMS.filter((name) => name !== "kube-proxy");

const ETCD_MAIN = `package main

import (
\t"os"

\t"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
`;

/** Names the packages, so that the module's requirements are complete. */
const TOOLS = `//go:build tools

package lab

import (
\t_ "k8s.io/kubernetes/cmd/kube-apiserver/app"
\t_ "k8s.io/kubernetes/cmd/kube-proxy/app"
)
`;

/** Where the lab finds the programs. */
const LINKS = join(BUILD, "lab", "kubernetes");

/**
 * @typedef {object} Folders
 * @property {string | undefined} assets What `KUBEBUILDER_ASSETS` names.
 * @property {string} made What is built here.
 * @property {string} links Where the lab looks.
 */

/**
 * @param {readonly Program[]} needed
 * @param {Folders} [folders]
 * @returns {import("./display.mjs").Step}
 */
export function kubernetesStep(needed, folders = usualFolders()) {
  return {
    name: "Kubernetes",
    why: `${sentence(needed)}: what is not there is built once, about 5 minutes`,
    essential: false,
    present: () => {
      if (isWrongFolder(folders) || missing(needed, folders).length > 0) return undefined;
      link(folders);
      return `${whereFrom(needed, folders)}, there already`;
    },
    make: async (progress) => {
      if (isWrongFolder(folders)) {
        throw new SetupError(
          `KUBEBUILDER_ASSETS is ${folders.assets}, which has no ${ALL_PROGRAMS.join(" and no ")}: ` +
            "name a folder that has some of them, or unset it.",
        );
      }
      // What works without the missing ones is to have the others, whatever becomes of the build.
      link(folders);
      const go = await findGo(missing(needed, folders), folders.assets);
      await withLock(
        `${folders.made}.lock`,
        (pid) => progress(`process ${pid} is building it, waiting`),
        async () => {
          const programs = missing(needed, folders);
          if (programs.length > 0) await build(go, { programs, to: folders.made, progress });
        },
      );
      link(folders);
      return whereFrom(needed, folders);
    },
  };
}

/** @returns {Folders} */
function usualFolders() {
  const sources = [ETCD_MAIN, TOOLS, JSON.stringify([PROGRAMS, PATCH])];
  const texts = [KUBERNETES, ETCD, ...sources, process.arch];
  return {
    assets: process.env["KUBEBUILDER_ASSETS"] || undefined,
    made: join(CACHE, `kubernetes-${KUBERNETES}-${hashOf({ texts })}`),
    links: LINKS,
  };
}

/** True when the folder that was named has nothing of what it is named for. @param {Folders} folders */
function isWrongFolder({ assets }) {
  return assets !== undefined && ALL_PROGRAMS.every((name) => !existsSync(join(assets, name)));
}

/** The program's file, if there is one. @param {Program} name @param {Folders} folders */
function pathOf(name, { assets, made }) {
  const paths = [assets, made].map((path) => (path === undefined ? "" : join(path, name)));
  return paths.find((path) => path !== "" && existsSync(path));
}

/** @param {readonly Program[]} needed @param {Folders} folders */
function missing(needed, folders) {
  return needed.filter((name) => pathOf(name, folders) === undefined);
}

/** Puts the programs that there are where the lab looks for them. @param {Folders} folders */
function link(folders) {
  rmSync(folders.links, { recursive: true, force: true });
  folder(folders.links);
  for (const name of ALL_PROGRAMS) {
    const path = pathOf(name, folders);
    if (path !== undefined) symlinkSync(path, join(folders.links, name));
  }
}

/** @param {readonly Program[]} needed @param {Folders} folders */
function whereFrom(needed, folders) {
  const { assets } = folders;
  if (assets === undefined) return `${KUBERNETES} and etcd ${ETCD}`;
  const built = needed.filter((name) => !existsSync(join(assets, name)));
  return built.length === 0 ? assets : `${assets}, and ${sentence(built)} of ${KUBERNETES}`;
}

/**
 * Builds in a folder of its own and renames each result: the cache never holds half of one.
 *
 * @param {string} go
 * @param {{ readonly programs: readonly Program[], readonly to: string, readonly progress: (text: string) => void }} options
 */
async function build(go, { programs, to, progress }) {
  await inWorkFolder(dirname(to), async (work) => {
    /** @type {(args: readonly string[]) => Promise<void>} */
    const run_ = (args) => run(go, args, { log: LOG, cwd: work, env: ENVIRONMENT, append: true });
    writeFileSync(
      join(work, "go.mod"),
      `module lab\n\ngo ${GO_NEEDED.major}.${GO_NEEDED.minor}.0\n`,
    );
    mkdirSync(join(work, "etcd"));
    writeFileSync(join(work, "etcd", "main.go"), ETCD_MAIN);
    progress(`downloading Kubernetes ${KUBERNETES}`);
    const source = await sourceFolder(go, work);
    await patchedCopy(source, { to: join(work, COPY), log: LOG });
    const staged = stagingModules(source);
    await run_(["mod", "edit", ...staged.map((name) => `-replace=${name}=${name}@${STAGING}`)]);
    await run_([
      ...["mod", "edit", `-replace=k8s.io/kubernetes=./${COPY}`],
      `-require=k8s.io/kubernetes@${KUBERNETES}`,
      `-require=go.etcd.io/etcd/server/v3@${ETCD}`,
    ]);
    writeFileSync(join(work, "tools.go"), TOOLS);
    progress("downloading what it needs");
    // Tests of modules far below import what nobody has: that is no matter here, the build tells.
    await runStatus(go, ["mod", "tidy", "-e"], {
      log: LOG,
      cwd: work,
      env: ENVIRONMENT,
      append: true,
    });
    const output = join(work, "bin");
    for (const name of programs) {
      progress(`compiling ${name}`);
      const options = ["-trimpath", "-ldflags", "-s -w", "-o", join(output, name)];
      await run_(["build", ...options, PROGRAMS[name]]);
      renameSync(join(output, name), join(folder(to), name));
    }
  });
}

const ENVIRONMENT = { CGO_ENABLED: "0", GOFLAGS: "-mod=mod -buildvcs=false", GOTOOLCHAIN: "local" };

/** Kubernetes' own module as it was downloaded. @param {string} go @param {string} work */
async function sourceFolder(go, work) {
  const args = ["mod", "download", "-json", `k8s.io/kubernetes@${KUBERNETES}`];
  const text = await ask(go, args, work);
  const found = text && /** @type {{ Dir?: string }} */ (JSON.parse(text)).Dir;
  if (!found) {
    const why = "the Go module proxy does not answer";
    throw new SetupError(
      `Kubernetes ${KUBERNETES} cannot be downloaded: ${why} (${logPath(LOG)}).`,
    );
  }
  return found;
}

/** The modules of Kubernetes' own tree. @param {string} source */
function stagingModules(source) {
  const lines = readFileSync(join(source, "go.mod"), "utf8").matchAll(
    /^\s*(k8s\.io\/[a-z0-9-]+) => \.\/staging/gm,
  );
  return [...lines].map(([, name = ""]) => name);
}
