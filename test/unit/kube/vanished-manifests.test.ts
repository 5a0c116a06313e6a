/** The folder source on real files: half-written files and folders that vanish take nothing away. */
import { appendFile, mkdir, readFile, rename, rm, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { FOLDER_QUIET_MS, NAMES_QUIET_MS } from "../../../src/kube/folder-watch.ts";
import { UNFINISHED_QUIET_MS, WRITE_QUIET_MS } from "../../../src/kube/pending-files.ts";
import { readManifests } from "../../../src/kube/read-manifests.ts";
import { serviceYaml } from "./manifest-texts.ts";
import { openFolder, openTold } from "./watched-folder.ts";

const ONE = serviceYaml("one");
const TWO = serviceYaml("two");
const ONE_LC = serviceYaml("one", { scheduler: "lc" });

describe.concurrent("a bad file", () => {
  test("half written leaves what was before, without a problem, until its end comes", async (context) => {
    const opened = await openTold(context, { "a.yaml": ONE });
    const half = ONE_LC.length / 2;
    await opened.write("a.yaml", ONE_LC.slice(0, half));
    await wait(WRITE_QUIET_MS * 4);
    expect(opened.told).toHaveLength(1);
    expect(opened.appeared).toEqual([]);
    await opened.after(
      () => appendFile(join(opened.path, "a.yaml"), ONE_LC.slice(half)),
      "+ service default/one lc",
    );
  });

  test("left half written is a problem in the end, and its last good version stays", async (context) => {
    const opened = await openTold(context, { "a.yaml": ONE });
    await opened.write("a.yaml", `${ONE_LC.slice(0, 40)}{`);
    await wait(UNFINISHED_QUIET_MS + 300);
    expect(opened.told).toHaveLength(1);
    expect(opened.appeared).toHaveLength(1);
  });

  test("made empty keeps its objects", async (context) => {
    const opened = await openTold(context, { "a.yaml": ONE });
    await opened.write("a.yaml", "");
    await opened.until(
      opened.appeared,
      "a.yaml: is empty; its objects stay until it has some or is deleted",
      0,
    );
    await opened.after(() => opened.write("a.yaml", ONE_LC), "+ service default/one lc");
    expect(opened.told).toHaveLength(2);
    expect(opened.solved).toHaveLength(1);
  });

  test("is told once, listed as long as it is bad, and told again when it is good", async (context) => {
    const opened = await openTold(context, { "a.yaml": ONE, "b.yaml": TWO });
    await opened.replace("a.yaml", serviceYaml("one", { port: "http" }));
    const problem =
      'a.yaml:10: Service default/one: spec.ports[0].port: expected a whole number from 1 to 65535, found "http"; its last good version stays';
    await opened.until(opened.appeared, problem, 0);
    expect(opened.source.problems()).toHaveLength(1);
    await opened.after(
      () => opened.replace("b.yaml", serviceYaml("two", { scheduler: "lc" })),
      "+ service default/two lc",
    );
    expect(opened.appeared).toEqual([problem]);
    await opened.after(() => opened.replace("a.yaml", ONE_LC), "+ service default/one lc");
    expect(opened.solved).toEqual([problem]);
    expect(opened.source.problems()).toEqual([]);
  });

  test("that is a link to nothing keeps its objects", async (context) => {
    const opened = await openFolder(context, { "z.yaml": TWO });
    await opened.write("../target", ONE);
    await symlink("../target", join(opened.path, "a.yaml"));
    while (!opened.told.some((entry) => entry.includes("one"))) await wait(5);
    const told = [...opened.told];
    await unlink(opened.beside("target"));
    await opened.until(
      opened.appeared,
      "a.yaml: is a link that leads nowhere; what it had stays",
      0,
    );
    expect(opened.told).toEqual(told);
  });
});

describe.concurrent("a folder that vanishes", () => {
  test("keeps everything with one problem, and goes on when it is back", async (context) => {
    const opened = await openTold(context, { "a.yaml": ONE, "b.yaml": TWO });
    await rename(opened.path, opened.beside("away"));
    await opened.until(opened.appeared, "FOLDER: does not exist; its objects stay", 0);
    await wait(NAMES_QUIET_MS * 2);
    await rename(opened.beside("away"), opened.path);
    await opened.until(opened.solved, "FOLDER: does not exist; its objects stay", 0);
    await opened.after(() => opened.replace("a.yaml", ONE_LC), "+ service default/one lc");
    expect(opened.told).toEqual(["replaced default/one default/two", "+ service default/one lc"]);
    expect(opened.appeared).toEqual(["FOLDER: does not exist; its objects stay"]);
  });

  test("by rm -r keeps everything, although its files went first", async (context) => {
    const files = Object.fromEntries(
      Array.from({ length: 30 }, (_, i) => [`${i}.yaml`, serviceYaml(`s${i}`)]),
    );
    const opened = await openTold(context, files);
    await rm(opened.path, { recursive: true });
    await wait(FOLDER_QUIET_MS + 500);
    expect(opened.told).toHaveLength(1);
  });

  test("and comes back as another, empty one keeps everything until that one is filled", async (context) => {
    const opened = await openTold(context, { "a.yaml": ONE, "b.yaml": TWO });
    await mkdir(opened.beside("empty"));
    await rename(opened.path, opened.beside("away"));
    await rename(opened.beside("empty"), opened.path);
    await opened.until(
      opened.appeared,
      "FOLDER: was replaced by an empty folder; its objects stay until it holds a manifest",
      0,
    );
    await wait(FOLDER_QUIET_MS + 500);
    expect(opened.told).toHaveLength(1);
    await opened.after(() => opened.write("b.yaml", TWO), "- service default/one");
    expect(opened.told).toEqual(["replaced default/one default/two", "- service default/one"]);
  });

  test("and is replaced by a full one deletes what that one lacks, after it came to rest", async (context) => {
    const opened = await openTold(context, { "a.yaml": ONE, "b.yaml": TWO });
    await mkdir(opened.beside("full"));
    await opened.write("../full/b.yaml", serviceYaml("two", { scheduler: "lc" }));
    await rename(opened.path, opened.beside("away"));
    await rename(opened.beside("full"), opened.path);
    await opened.until(opened.told, "+ service default/two lc", 0);
    expect(opened.told).toHaveLength(2);
    await opened.until(opened.told, "- service default/one", 0);
  });

  test("for no longer than a deploy takes to fill it again changes nothing", async (context) => {
    const opened = await openTold(context, { "a.yaml": ONE, "b.yaml": TWO });
    await rm(opened.path, { recursive: true });
    await mkdir(opened.path);
    await wait(100);
    await opened.write("a.yaml", ONE);
    await wait(600);
    await opened.write("b.yaml", TWO);
    await wait(FOLDER_QUIET_MS + 500);
    expect(opened.told).toEqual(["replaced default/one default/two"]);
  });
});

describe.concurrent("readManifests", () => {
  test("reads a folder once, with its problems", async (context) => {
    const opened = await openTold(context, { "a.yaml": ONE, "b.yaml": "kind: [\n" });
    const { picture, problems } = await readManifests(opened.path);
    expect([...picture.services.keys()]).toEqual(["default/one"]);
    expect(picture.complete).toBe(false);
    expect(problems).toMatchObject([{ file: join(opened.path, "b.yaml"), object: "" }]);
    expect(await readFile(join(opened.path, "a.yaml"), "utf8")).toBe(ONE);
  });

  test("rejects when there is no folder", async () => {
    await expect(readManifests("/nowhere/at/all")).rejects.toMatchObject({
      name: "ManifestFolderError",
      code: "ENOENT",
      message: "/nowhere/at/all does not exist",
    });
  });
});
