/** What of a real cluster is built, and what a folder of the user's spares. */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findGo } from "../../setup/go.mjs";
import { ALL_PROGRAMS, kubernetesStep, SERVER_PROGRAMS } from "../../setup/kubernetes.mjs";

/** The binaries that Kubernetes' own test environment has. */
const ENVTEST = ["etcd", "kube-apiserver", "kubectl"];

/** As `build -trimpath -ldflags "-s -w" -o FILE PACKAGE` is called. */
const BUILD = 'mkdir -p "$(dirname "$6")" && echo built >"$6"';

/** The file of Kubernetes that is changed, as far as it matters, and what it is then. */
const CHANGED = "pkg/registry/core/rest/storage_core.go";
const SOURCE = "case <-time.After(time.Minute):\n";
const AFTER = "case <-time.After(15 * time.Minute):\n";

const path = process.env["PATH"];
let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-ipvs-kubernetes-"));
});
afterEach(() => {
  process.env["PATH"] = path;
  rmSync(folder, { recursive: true });
});

/** A folder with these programs. */
function filled(name: string, programs: readonly string[]): string {
  mkdirSync(join(folder, name));
  for (const program of programs) writeFileSync(join(folder, name, program), name);
  return join(folder, name);
}

function foldersOf(assets: string | undefined) {
  return { assets, made: join(folder, "cache", "made"), links: join(folder, "links") };
}

/** A `go` that writes down what it is asked to build, and builds it; and a module that has `source` where it is changed. */
function fakeGo(version: string, build = BUILD, source = SOURCE): void {
  const bin = filled("bin", []);
  const module = filled("module", []);
  writeFileSync(join(module, "go.mod"), "k8s.io/api => ./staging/src/k8s.io/api\n");
  const changed = join(module, CHANGED);
  mkdirSync(dirname(changed), { recursive: true });
  writeFileSync(changed, source);
  // As Go keeps what it has downloaded.
  chmodSync(changed, 0o444);
  const script = `#!/bin/sh
case "$1 $2" in
"env GOVERSION") echo ${version} ;;
"mod download") echo '{"Dir":"${folder}/module"}' ;;
"build "*) echo "$7" >>${folder}/compiled; ${build} ;;
esac
`;
  writeFileSync(join(bin, "go"), script);
  chmodSync(join(bin, "go"), 0o755);
  process.env["PATH"] = `${bin}:${path}`;
}

function compiled(): string[] {
  return existsSync(join(folder, "compiled"))
    ? readFileSync(join(folder, "compiled"), "utf8").trim().split("\n")
    : [];
}

/** Where each link of the lab's folder leads. */
function linked(): Record<string, string> {
  const names = readdirSync(join(folder, "links"));
  const to = (name: string): string =>
    realpathSync(join(folder, "links", name)).slice(realpathSync(folder).length + 1);
  return Object.fromEntries(names.map((name) => [name, to(name)]));
}

const quiet = (): void => {};

test("a folder that has the server's programs is all that a demo needs: nothing is built", async () => {
  const folders = foldersOf(filled("assets", ENVTEST));
  expect(await kubernetesStep(SERVER_PROGRAMS, folders).present()).toBe(
    `${folders.assets}, there already`,
  );
  expect(linked()).toEqual({
    etcd: "assets/etcd",
    "kube-apiserver": "assets/kube-apiserver",
    kubectl: "assets/kubectl",
  });
  expect(await kubernetesStep(ALL_PROGRAMS, folders).present()).toBeUndefined();
});

test("only what the folder lacks is built, and kept for the next time", async () => {
  fakeGo("go1.25.3");
  const folders = foldersOf(filled("assets", ENVTEST));
  const step = kubernetesStep(ALL_PROGRAMS, folders);
  expect(await step.make(quiet)).toMatch(/^\S+assets, and kube-proxy of v1\.\d+\.\d+$/);
  expect(compiled()).toEqual(["k8s.io/kubernetes/cmd/kube-proxy"]);
  expect(linked()).toMatchObject({ etcd: "assets/etcd", "kube-proxy": "cache/made/kube-proxy" });
  expect(await step.present()).toMatch(/, and kube-proxy of v\S+, there already$/);
  expect(readdirSync(join(folder, "cache"))).toEqual(["made"]);
});

test("without a folder all that is needed is built, and the rest once that is needed", async () => {
  fakeGo("go1.30.0");
  const folders = foldersOf(undefined);
  await kubernetesStep(SERVER_PROGRAMS, folders).make(quiet);
  expect(compiled()).toHaveLength(3);
  expect(Object.keys(linked())).toEqual(ENVTEST);
  await kubernetesStep(ALL_PROGRAMS, folders).make(quiet);
  expect(compiled().slice(3)).toEqual(["k8s.io/kubernetes/cmd/kube-proxy"]);
  expect(await kubernetesStep(ALL_PROGRAMS, folders).present()).toMatch(/^v\S+ and etcd v/);
});

test("what is built waits longer for a first look at all Services, and Go's own copy is as it was", async () => {
  fakeGo(
    "go1.25.3",
    `(stat -c %A kubernetes/${CHANGED}; cat kubernetes/${CHANGED}) >${folder}/seen; ${BUILD}`,
  );
  await kubernetesStep(SERVER_PROGRAMS, foldersOf(undefined)).make(quiet);
  // It can be removed by whoever made it.
  expect(readFileSync(join(folder, "seen"), "utf8")).toMatch(/^-rw/);
  expect(readFileSync(join(folder, "seen"), "utf8").split("\n").slice(1).join("\n")).toBe(AFTER);
  expect(readFileSync(join(folder, "module", CHANGED), "utf8")).toBe(SOURCE);
  expect(readdirSync(join(folder, "cache"))).toEqual(["made"]);
});

test.each([0, 2])(
  "a Kubernetes that has that place %i times is not built unchanged",
  async (times) => {
    fakeGo("go1.25.3", BUILD, SOURCE.repeat(times));
    const step = kubernetesStep(SERVER_PROGRAMS, foldersOf(undefined));
    expect(await failureOf(step)).toContain(`"time.After(time.Minute)" not once in ${CHANGED}`);
    expect(compiled()).toEqual([]);
  },
);

test("without Go the message names what is missing and where to put it", async () => {
  fakeGo("go1.19.8");
  const ask = (assets: string | undefined) => findGo(["kube-proxy", "kubectl"], assets, ["go"]);
  await expect(ask("/opt/assets")).rejects.toThrow(
    "Building kube-proxy and kubectl takes Go 1.25 or later (go is go1.19.8): install it, " +
      "or have kube-proxy and kubectl in /opt/assets, which KUBEBUILDER_ASSETS names.",
  );
  await expect(ask(undefined)).rejects.toThrow(
    "or let KUBEBUILDER_ASSETS name a folder with kube-proxy and kubectl.",
  );
});

test("where the build fails, what the folder has is there all the same", async () => {
  fakeGo("go1.25.3", "exit 1");
  const folders = foldersOf(filled("assets", ENVTEST));
  expect(await failureOf(kubernetesStep(ALL_PROGRAMS, folders))).toContain("ended with status 1");
  expect(Object.keys(linked())).toEqual(ENVTEST);
});

test("a folder that has none of them is named as a mistake, whatever was built before", async () => {
  const folders = foldersOf(filled("assets", ["etcd.exe"]));
  mkdirSync(folders.made, { recursive: true });
  for (const name of ALL_PROGRAMS) writeFileSync(join(folders.made, name), "");
  const step = kubernetesStep(ALL_PROGRAMS, folders);
  expect(await step.present()).toBeUndefined();
  expect(await failureOf(step)).toContain("which has no etcd and no kube-apiserver and no kube-p");
});

/** What the step says when it cannot be made; undefined when it can. */
async function failureOf(step: ReturnType<typeof kubernetesStep>): Promise<string | undefined> {
  try {
    await step.make(quiet);
    return undefined;
  } catch (err) {
    return (err as Error).message;
  }
}
