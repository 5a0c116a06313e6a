/** What the log says of a take-over, and when a running agent tries it. */
import { mkdir } from "node:fs/promises";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { systemClock } from "../../../src/base/clock.ts";
import type { OpenTakeOver } from "../../../src/cli/context.ts";
import { takeOverOnce } from "../../../src/cli/take-over-once.ts";
import { capturedLog, LEVEL } from "../../fakes/captured-log.ts";
import { Leftovers } from "../../fakes/leftovers.ts";
import { Shell, webManifest } from "./shell.ts";

let shell: Shell;
beforeEach(async () => {
  shell = await Shell.open();
  await mkdir(shell.path("manifests"));
});
afterEach(() => shell.close());

const LINE =
  "run --manifests DIR/manifests --status-socket DIR/agent.sock --log-format json " +
  "--healthz-port 0 --metrics-port 0";

async function linesOf(openTakeOver: () => OpenTakeOver) {
  const { log, lines } = capturedLog();
  const { signal } = new AbortController();
  await takeOverOnce({ openTakeOver, clock: systemClock, signal }, log);
  return lines;
}

test("a node without leftovers is no news, and the kernel is let go", async () => {
  const kernel = new Leftovers({ sets: ["calico"], legacy: ["nat"] });
  expect(await linesOf(() => kernel)).toEqual([]);
  expect(kernel.isClosed).toBe(true);
});

test("what was removed is one line", async () => {
  const lines = await linesOf(() => new Leftovers({ sets: ["KUBE-CLUSTER-IP"] }));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ level: LEVEL.info, sets: ["KUBE-CLUSTER-IP"] });
});

test.each([
  { legacy: ["nat"], said: "run these commands as root" },
  { legacy: [], said: "rules of others refer to them" },
])("what stays is one warning, which says: $said", async ({ legacy, said }) => {
  const inUse = { "KUBE-LOOP-BACK": Number.POSITIVE_INFINITY };
  const lines = await linesOf(() => new Leftovers({ sets: ["KUBE-LOOP-BACK"], inUse, legacy }));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({ level: LEVEL.warn, setsInUse: ["KUBE-LOOP-BACK"] });
  expect(lines[0]?.msg).toContain(said);
});

test("a kernel that cannot be opened or refuses is a warning", async () => {
  const refusing = new Leftovers({ sets: ["KUBE-LOOP-BACK"] });
  refusing.ipSets.destroy = () => Promise.reject(new Error("EPERM"));
  const cannotOpen = (): OpenTakeOver => {
    throw new Error("no library");
  };
  for (const open of [() => refusing, cannotOpen]) {
    const lines = await linesOf(open);
    expect(lines.map(({ level }) => level)).toEqual([LEVEL.warn]);
  }
  expect(refusing.isClosed).toBe(true);
});

test("run takes over once, after its first sync, and goes on when it cannot", async () => {
  await shell.write("manifests/web.yaml", webManifest());
  shell.leftovers = undefined;
  const ended = shell.run(LINE);
  const messages = async () => (await shell.log()).map(({ msg }) => String(msg));
  const isWarning = (msg: string) => msg.includes("could not be removed");
  await vi.waitFor(async () => expect((await messages()).some(isWarning)).toBe(true), 5_000);
  await shell.write("manifests/web.yaml", webManifest({ endpoints: ["10.1.0.1", "10.1.0.2"] }));
  await vi.waitFor(() => expect(shell.kernel.messages).toBe(5), 5_000);
  shell.end.abort();
  expect((await ended).code).toBe(0);
  const all = await messages();
  expect(all.filter(isWarning)).toHaveLength(1);
  expect(all.indexOf("first sync finished")).toBeLessThan(all.findIndex(isWarning));
});

test("plan takes nothing over", async () => {
  await shell.write("manifests/web.yaml", webManifest());
  const leftovers = new Leftovers({ sets: ["KUBE-CLUSTER-IP"] });
  shell.leftovers = leftovers;
  await shell.run("plan --manifests DIR/manifests --node-name node-a");
  expect(leftovers.did).toEqual([]);
});
