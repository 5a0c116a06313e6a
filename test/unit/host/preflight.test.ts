/** Capabilities read from a process's status file. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hasNetAdmin } from "../../../src/host/preflight.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "preflight-"));
});
afterEach(() => rm(folder, { recursive: true }));

test.each`
  what                              | line                                                      | answer
  ${"all capabilities"}             | ${"CapEff:\t000001ffffffffff"}                            | ${true}
  ${"CAP_NET_ADMIN alone"}          | ${"CapEff:\t0000000000001000"}                            | ${true}
  ${"a container's usual set"}      | ${"CapEff:\t00000000a80425fb"}                            | ${false}
  ${"none"}                         | ${"CapEff:\t0000000000000000"}                            | ${false}
  ${"only permitted, not in force"} | ${"CapPrm:\t0000000000001000\nCapEff:\t0000000000000000"} | ${false}
  ${"no such line"}                 | ${"Name:\tnode"}                                          | ${undefined}
`("a process with $what has CAP_NET_ADMIN: $answer", async ({ line, answer }) => {
  const path = join(folder, "status");
  await writeFile(path, `Name:\tnode\n${line}\nSeccomp:\t0\n`);

  expect(await hasNetAdmin(path)).toBe(answer);
});

test("a status file that cannot be read is an error, not an answer", async () => {
  await expect(hasNetAdmin(join(folder, "absent"))).rejects.toThrow("ENOENT");
});
