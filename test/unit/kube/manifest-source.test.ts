/** The folder source on real files: what it tells at start, and how soon it sees what editors do. */
import { mkdir, rename, rm, symlink, unlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { FOLDER_QUIET_MS, NAMES_QUIET_MS } from "../../../src/kube/folder-watch.ts";
import { WRITE_QUIET_MS } from "../../../src/kube/pending-files.ts";
import { serviceYaml } from "./manifest-texts.ts";
import { HeldFolder, openFolder, openTold } from "./watched-folder.ts";

const ONE = serviceYaml("one");
const TWO = serviceYaml("two");
const ONE_LC = serviceYaml("one", { scheduler: "lc" });

describe.concurrent("at start", () => {
  test("the first batch is everything at once, from the files that count", async (context) => {
    const opened = await openTold(context, {
      "a.yaml": ONE,
      "b.yml": TWO,
      "c.json":
        '{"apiVersion":"v1","kind":"Service","metadata":{"name":"three"},"spec":{"clusterIP":"None"}}',
      ".hidden.yaml": serviceYaml("no"),
      "a.yaml~": serviceYaml("no"),
      "README.md": "no",
    });
    expect(opened.told).toEqual(["replaced default/one default/two default/three"]);
  });

  test("a missing folder is waited for, with one problem", async (context) => {
    const opened = await openFolder(context, undefined);
    await wait(600);
    expect(opened.told).toEqual([]);
    expect(opened.appeared).toEqual(["FOLDER: does not exist; waiting for it"]);
    await mkdir(opened.path);
    await opened.write("a.yaml", ONE);
    await opened.until(opened.told, "replaced default/one", 0);
    expect(opened.solved).toContain("FOLDER: does not exist; waiting for it");
  });

  test("an empty folder is waited for: it may be a volume that is not mounted yet", async (context) => {
    const opened = await openFolder(context, {});
    await wait(300);
    expect(opened.told).toEqual([]);
    expect(opened.appeared).toEqual(["FOLDER: holds no manifests; waiting for the first"]);
    await opened.write("a.yaml", ONE);
    await opened.until(opened.told, "replaced default/one", 0);
  });

  test("a picture with an unreadable part is told as incomplete, and again when it is whole", async (context) => {
    const opened = await openTold(context, { "a.yaml": ONE, "b.yaml": "kind: [\n" });
    expect(opened.told).toEqual(["replaced default/one (incomplete)"]);
    await opened.after(
      async () => opened.replace("b.yaml", TWO),
      "replaced default/one default/two",
    );
  });

  test("a file that is still being written at start is waited for", async (context) => {
    const opened = await openFolder(context, { "a.yaml": ONE.slice(0, 60) });
    await wait(WRITE_QUIET_MS * 3);
    expect(opened.told).toEqual([]);
    await opened.write("a.yaml", ONE);
    await opened.until(opened.told, "replaced default/one", 0);
  });
});

describe("a change is seen soon, by the source's clock", () => {
  test.for([
    { what: "renamed into place", ms: 20, change: "replace" },
    { what: "written in place", ms: 100, change: "write" },
  ] as const)("within $ms ms when a file is $what", async ({ ms, change }, context) => {
    const held = await HeldFolder.open(context, { "a.yaml": ONE });
    await held.untilTold("replaced default/one");
    for (const scheduler of ["lc", "sh", "sed"]) {
      const text = serviceYaml("one", { scheduler });
      const action = () => held.opened[change]("a.yaml", text);
      await held.seenWithin(ms, action, `+ service default/one ${scheduler}`);
    }
  });

  test("within 100 ms when a ConfigMap volume swaps its link", async (context) => {
    const held = await HeldFolder.open(context, {});
    const { opened } = held;
    const version = async (name: string, text: string): Promise<void> => {
      await mkdir(join(opened.path, name));
      await opened.write(join(name, "a.yaml"), text);
      await symlink(name, join(opened.path, "..data_tmp"));
      await rename(join(opened.path, "..data_tmp"), join(opened.path, "..data"));
    };
    await version("..1", ONE);
    await symlink("..data/a.yaml", join(opened.path, "a.yaml"));
    await held.untilTold("replaced default/one");
    await held.seenWithin(100, () => version("..2", ONE_LC), "+ service default/one lc");
    await rm(join(opened.path, "..1"), { recursive: true });
    await held.pass(NAMES_QUIET_MS * 2);
    expect(opened.told).toEqual(["replaced default/one", "+ service default/one lc"]);
  });
});

describe.concurrent("a change is seen", () => {
  test("when an editor renames the old file away, writes a new one and deletes the old", async (context) => {
    const opened = await openTold(context, { "a.yaml": ONE, "b.yaml": TWO });
    await opened.after(async () => {
      await rename(join(opened.path, "a.yaml"), join(opened.path, "a.yaml~"));
      await wait(20);
      await opened.write("a.yaml", ONE_LC);
      await unlink(join(opened.path, "a.yaml~"));
    }, "+ service default/one lc");
    await wait(NAMES_QUIET_MS * 2);
    expect(opened.told).toEqual(["replaced default/one default/two", "+ service default/one lc"]);
    expect(opened.appeared).toEqual([]);
  });

  test("when a file gets another name: then nothing changes", async (context) => {
    const opened = await openTold(context, { "a.yaml": ONE });
    await rename(join(opened.path, "a.yaml"), join(opened.path, "b.yaml"));
    await wait(NAMES_QUIET_MS * 2);
    await opened.after(() => opened.replace("b.yaml", ONE_LC), "+ service default/one lc");
    expect(opened.told).toEqual(["replaced default/one", "+ service default/one lc"]);
    expect(opened.appeared).toEqual([]);
  });

  test("once only, and not at all when the new text says the same", async (context) => {
    const opened = await openTold(context, { "a.yaml": ONE });
    await opened.replace("a.yaml", `# a comment\n${ONE}`);
    await utimes(join(opened.path, "a.yaml"), 1, 1);
    await wait(200);
    expect(opened.told).toEqual(["replaced default/one"]);
  });

  test("when a file is deleted: its objects go, the others stay", async (context) => {
    const opened = await openTold(context, { "a.yaml": ONE, "b.yaml": TWO });
    const tookMs = await opened.after(
      () => unlink(join(opened.path, "a.yaml")),
      "- service default/one",
    );
    expect(tookMs).toBeGreaterThan(NAMES_QUIET_MS - 20);
    expect(opened.told).toEqual(["replaced default/one default/two", "- service default/one"]);
  });

  test("when every file is deleted from the same folder", async (context) => {
    const opened = await openTold(context, { "a.yaml": ONE });
    const tookMs = await opened.after(
      () => unlink(join(opened.path, "a.yaml")),
      "- service default/one",
    );
    expect(tookMs).toBeGreaterThan(FOLDER_QUIET_MS - 20);
  });
});
