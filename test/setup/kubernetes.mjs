/**
 * A real API server for the lab, the kubectl that our manifests are applied with, and the kube-proxy that
 * ours is held against: built once from their Go modules and kept in the cache. `KUBEBUILDER_ASSETS` names
 * a folder that has the first ones already, as Kubernetes' own test environment has it.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { hashOf, withLock } from "./cache.mjs";
import { ask, logPath, run, runStatus, SetupError } from "./command.mjs";
import { BUILD, CACHE, folder } from "./paths.mjs";

const KUBERNETES = "v1.35.4";
/** The modules that Kubernetes keeps in its own tree have versions of their own. */
const STAGING = KUBERNETES.replace(/^v1/, "v0");
const ETCD = "v3.6.5";
const GO_NEEDED = { major: 1, minor: 25 };
const LOG = "kubernetes";

/** What the lab runs, and the Go package of each. */
const PROGRAMS = {
  etcd: "./etcd",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
};
/** Those that `KUBEBUILDER_ASSETS` has to have. */
const ASSETS = /** @type {const} */ (["etcd", "kube-apiserver"]);

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
export const KUBERNETES_FOLDER = join(BUILD, "lab", "kubernetes");

/** @returns {import("./display.mjs").Step} */
export function kubernetesStep() {
  return {
    name: "Kubernetes",
    why: "a real API server, kubectl and kube-proxy: built once, about 5 minutes",
    essential: false,
    present: () => {
      const assets = checkedAssets();
      if (!existsSync(target())) return undefined;
      link(assets);
      return assets ? `${assets}, and kube-proxy ${KUBERNETES}` : `${KUBERNETES}, built already`;
    },
    make: async (progress) => {
      const assets = checkedAssets();
      const go = await findGo();
      await withLock(
        `${target()}.lock`,
        (pid) => progress(`process ${pid} is building it, waiting`),
        async () => {
          if (!existsSync(target())) await build(go, progress);
        },
      );
      link(assets);
      return `${KUBERNETES} and etcd ${ETCD}, built by Go`;
    },
  };
}

function target() {
  const made = [KUBERNETES, ETCD, ETCD_MAIN, TOOLS, JSON.stringify(PROGRAMS), process.arch];
  const recipe = hashOf({ texts: made });
  return join(CACHE, `kubernetes-${KUBERNETES}-${recipe}`);
}

/** The folder of `KUBEBUILDER_ASSETS`, when it has what it should have. */
function checkedAssets() {
  const assets = process.env["KUBEBUILDER_ASSETS"] || undefined;
  if (assets === undefined) return undefined;
  const missing = ASSETS.filter((name) => !existsSync(join(assets, name)));
  if (missing.length === 0) return assets;
  throw new SetupError(
    `KUBEBUILDER_ASSETS is ${assets}, which has no ${missing.join(" and no ")}: ` +
      "name a folder with both, or unset it to have them built.",
  );
}

/** Puts the programs where the lab looks for them. @param {string | undefined} assets */
function link(assets) {
  rmSync(KUBERNETES_FOLDER, { recursive: true, force: true });
  folder(KUBERNETES_FOLDER);
  for (const name of Object.keys(PROGRAMS)) {
    const own = assets === undefined ? "" : join(assets, name);
    symlinkSync(own && existsSync(own) ? own : join(target(), name), join(KUBERNETES_FOLDER, name));
  }
}

/** The `go` command. @returns {Promise<string>} */
async function findGo() {
  const { major, minor } = GO_NEEDED;
  /** @type {string[]} */
  const old = [];
  for (const go of ["go", "/usr/local/go/bin/go", "/usr/lib/go/bin/go"]) {
    const version = (await ask(go, ["env", "GOVERSION"]))?.trim();
    const [, foundMajor = 0, foundMinor = 0] = (version ?? "").match(/^go(\d+)\.(\d+)/) ?? [];
    const isNew = Number(foundMajor) > major || Number(foundMinor) >= minor;
    if (version && isNew) return go;
    if (version) old.push(`${go} is ${version}`);
  }
  const found = old.length > 0 ? ` (${old.join(", ")})` : "";
  throw new SetupError(
    `Building Kubernetes takes Go ${major}.${minor} or later${found}: install it, ` +
      "or let KUBEBUILDER_ASSETS name a folder with etcd, kube-apiserver and kube-proxy.",
  );
}

/**
 * Builds in a folder of its own and renames the result: the cache never holds half of it.
 *
 * @param {string} go
 * @param {(text: string) => void} progress
 */
async function build(go, progress) {
  const work = mkdtempSync(join(folder(CACHE), `building-${process.pid}-`));
  /** @type {(args: readonly string[]) => Promise<void>} */
  const run_ = (args) => run(go, args, { log: LOG, cwd: work, env: ENVIRONMENT, append: true });
  try {
    writeFileSync(
      join(work, "go.mod"),
      `module lab\n\ngo ${GO_NEEDED.major}.${GO_NEEDED.minor}.0\n`,
    );
    mkdirSync(join(work, "etcd"));
    writeFileSync(join(work, "etcd", "main.go"), ETCD_MAIN);
    progress(`downloading Kubernetes ${KUBERNETES}`);
    const staged = await stagingModules(go, work);
    await run_(["mod", "edit", ...staged.map((name) => `-replace=${name}=${name}@${STAGING}`)]);
    await run_([
      ...["mod", "edit", `-require=k8s.io/kubernetes@${KUBERNETES}`],
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
    for (const [name, source] of Object.entries(PROGRAMS)) {
      progress(`compiling ${name}`);
      await run_(["build", "-ldflags", "-s -w", "-o", join(output, name), source]);
    }
    renameSync(output, target());
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const ENVIRONMENT = { CGO_ENABLED: "0", GOFLAGS: "-mod=mod -buildvcs=false", GOTOOLCHAIN: "local" };

/** The modules of Kubernetes' own tree. @param {string} go @param {string} work */
async function stagingModules(go, work) {
  const args = ["mod", "download", "-json", `k8s.io/kubernetes@${KUBERNETES}`];
  const text = await ask(go, args, work);
  const folder_ = text && /** @type {{ Dir?: string }} */ (JSON.parse(text)).Dir;
  if (!folder_) {
    const why = "the Go module proxy does not answer";
    throw new SetupError(
      `Kubernetes ${KUBERNETES} cannot be downloaded: ${why} (${logPath(LOG)}).`,
    );
  }
  const lines = readFileSync(join(folder_, "go.mod"), "utf8").matchAll(
    /^\s*(k8s\.io\/[a-z0-9-]+) => \.\/staging/gm,
  );
  return [...lines].map(([, name = ""]) => name);
}
