/** The log: JSON for programs, sentences for people, and nothing below its level. */
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLog } from "../../../src/observe/log.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kube-ipvs-log-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What a logger of these options writes for one debug and one warning. */
function written(format: "auto" | "pretty" | "json", isTTY = false): string {
  const file = join(folder, "log");
  const log = createLog({ level: "info", format, stream: { fd: openSync(file, "w"), isTTY } });
  log.debug("too quiet");
  log.warn({ service: "shop/web" }, "look here");
  return readFileSync(file, "utf8");
}

test("is JSON where nobody sits, at once, with a time and a level that can be read", () => {
  const line = JSON.parse(written("auto"));
  expect(line).toMatchObject({ level: "warn", service: "shop/web", msg: "look here" });
  expect(line.time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
});

test("is one line for a person, without colours in a file", () => {
  const text = written("pretty");
  expect(text).toMatch(/^\[\d\d:\d\d:\d\d\.\d+\] WARN: look here \{"service":"shop\/web"\}\n$/);
});

test("is for a person where one sits", () => {
  expect(written("auto", true)).toContain("look here");
  expect(written("auto", true)).not.toContain('"msg"');
});

test("an error has its type, text and stack in JSON", () => {
  const file = join(folder, "log");
  const log = createLog({ level: "info", format: "json", stream: { fd: openSync(file, "w") } });
  log.error({ err: new TypeError("no socket") }, "it broke");
  const line = JSON.parse(readFileSync(file, "utf8"));
  expect(line).toMatchObject({ level: "error", err: { type: "TypeError", message: "no socket" } });
  expect(line.err.stack).toContain("log.test.ts");
});
