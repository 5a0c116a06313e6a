/** The set-up's lock and hashes: two runs at once must not spoil what they share. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hashOf, readText, withLock } from "../../setup/cache.mjs";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-ipvs-cache-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("of two that want the lock, one waits until the other is done", async () => {
  const path = join(folder, "lock");
  const order: string[] = [];
  const work = (name: string) => async (): Promise<void> => {
    order.push(`${name} begins`);
    await sleep(50);
    order.push(`${name} ends`);
  };
  const holders: string[] = [];
  const first = withLock(path, (pid) => holders.push(pid), work("first"));
  const second = withLock(path, (pid) => holders.push(pid), work("second"));
  await Promise.all([first, second]);
  expect(order).toEqual(["first begins", "first ends", "second begins", "second ends"]);
  expect(holders).toEqual([`${process.pid}`]);
  expect(readText(path)).toBeUndefined();
});

test("a lock whose process is gone is taken over, and so is one whose number was given again", async () => {
  const path = join(folder, "lock");
  for (const left of ["999999999 1", `${process.pid} 1`]) {
    writeFileSync(path, left);
    const waited: string[] = [];
    expect(
      await withLock(
        path,
        (pid) => waited.push(pid),
        async () => "done",
      ),
    ).toBe("done");
    expect(waited).toEqual([]);
  }
});

test("work that fails leaves no lock behind", async () => {
  const path = join(folder, "lock");
  const failing = withLock(
    path,
    () => {},
    () => Promise.reject(new Error("no compiler")),
  );
  await expect(failing).rejects.toThrow("no compiler");
  expect(readText(path)).toBeUndefined();
});

test("a hash changes with a file's content and name, and not with what is skipped", () => {
  const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
  const hash = (): string => hashOf({ paths: [folder], skip: /\.log$/ });
  write("a.c", "1");
  const before = hash();
  write("b.log", "noise");
  expect(hash()).toBe(before);
  write("a.c", "2");
  expect(hash()).not.toBe(before);
  write("a.c", "1");
  expect(hash()).toBe(before);
  write("c.c", "");
  expect(hash()).not.toBe(before);
});
