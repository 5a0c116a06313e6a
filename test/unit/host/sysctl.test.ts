/** Settings by file: what is written, what is left, and what a failure says. */
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { applySysctls } from "../../../src/host/sysctl.ts";
import { sysctlWishes } from "../../../src/host/sysctl-wishes.ts";

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "sysctl-"));
});
afterEach(() => rm(root, { recursive: true }));

async function put(name: string, text: string): Promise<string> {
  const path = join(root, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  return path;
}

const FORWARD = { name: "net/ipv4/ip_forward", value: "1", why: "packets are forwarded" };

test("a different value is written, and the one found before is told", async () => {
  const path = await put(FORWARD.name, "0\n");

  const results = await applySysctls([FORWARD], root);

  expect(results).toEqual([
    { name: FORWARD.name, wanted: "1", found: "0", outcome: "written", error: "" },
  ]);
  expect(await readFile(path, "utf8")).toBe("1");
});

test("a value that is right already is not written", async () => {
  const path = await put(FORWARD.name, "1\n");
  const { mtimeMs } = await stat(path);

  const [result] = await applySysctls([FORWARD], root);

  expect(result).toMatchObject({ found: "1", outcome: "kept" });
  expect(await readFile(path, "utf8")).toBe("1\n");
  expect((await stat(path)).mtimeMs).toBe(mtimeMs);
});

test("a missing setting is one failed result with a reason, and the others go on", async () => {
  const path = await put(FORWARD.name, "0\n");
  const missing = { name: "net/ipv4/vs/conntrack", value: "1", why: "masquerading works" };

  const results = await applySysctls([missing, FORWARD], root);

  expect(results.map(({ outcome }) => outcome)).toEqual(["failed", "written"]);
  expect(results[0]?.error).toBe(
    "cannot read net/ipv4/vs/conntrack: this kernel has no such setting, or its module is not " +
      "loaded (ENOENT). Set it to 1: masquerading works",
  );
  expect(await readFile(path, "utf8")).toBe("1");
});

test("a value that cannot be written is a failed result that still tells what was found", async () => {
  // /proc/sys/kernel/ostype can be read by all and written by nobody, root included.
  const wish = { name: "kernel/ostype", value: "Other", why: "a test" };

  const [result] = await applySysctls([wish], "/proc/sys");

  expect(result).toMatchObject({ found: "Linux", outcome: "failed" });
  expect(result?.error).toMatch(/^cannot write kernel\/ostype: .*Set it to Other: a test$/);
});

test.each`
  release              | withReuse
  ${"4.0.9"}           | ${false}
  ${"4.1.0"}           | ${true}
  ${"4.19.0-26-amd64"} | ${true}
  ${"5.8.18"}          | ${true}
  ${"5.9.0-rc1"}       | ${false}
  ${"5.10.0-28-amd64"} | ${false}
  ${"6.1.0"}           | ${false}
  ${"3.10.0-1160.el7"} | ${false}
  ${"no number"}       | ${false}
`("on kernel $release conn_reuse_mode is turned off: $withReuse", ({ release, withReuse }) => {
  const names = sysctlWishes(release).map(({ name }) => name);

  expect(names.includes("net/ipv4/vs/conn_reuse_mode")).toBe(withReuse);
});

test("IPv6 forwarding is left alone", () => {
  expect(sysctlWishes("6.1.0").map(({ name, value }) => `${name}=${value}`)).toEqual([
    "net/ipv4/ip_forward=1",
    "net/ipv4/vs/conntrack=1",
    "net/ipv4/vs/expire_nodest_conn=1",
    "net/ipv4/vs/expire_quiescent_template=1",
  ]);
});
