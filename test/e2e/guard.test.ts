/** Whatever happens to a run of the lab, none of its processes stays on the machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test, vi } from "vitest";
import { BUILD } from "../setup/paths.mjs";

const GUARD = join(BUILD, "lab", "guard");
const GONE_MS_MAX = 30_000;
const POLL_MS = 50;
/** Two processes, and neither minds the polite signal. The words are found again by the number. */
const STUBBORN = (mark: string): string =>
  `trap '' TERM; (exec sleep ${mark}) & echo up; sleep ${mark}; sleep ${mark}`;

/** The machine's processes that have the mark among their words. */
function processes(mark: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => wordsOf(pid).includes(`sleep\0${mark}`))
    .map(Number);
}

function wordsOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return ""; // It has ended meanwhile.
  }
}

async function untilGone(mark: string): Promise<readonly number[]> {
  const startMs = performance.now();
  while (processes(mark).length > 0 && performance.now() - startMs < GONE_MS_MAX)
    await sleep(POLL_MS);
  return processes(mark);
}

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

/** A program that starts the guard and waits, as whoever boots a lab does. */
async function startRun(mark: string): Promise<ChildProcess> {
  const program = `
    require("node:child_process").spawn(
      ${JSON.stringify(GUARD)}, ["sh", "-c", ${JSON.stringify(STUBBORN(mark))}],
      { detached: true, stdio: ["ignore", "inherit", "inherit"] });
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  started.push(child);
  await once(child.stdout, "data");
  return child;
}

test.each(["SIGKILL", "SIGTERM"] as const)(
  "processes of the lab end when whoever booted it ends by %s",
  async (signal) => {
    const mark = `98765${process.pid}${signal.length}`;
    const child = await startRun(mark);
    await vi.waitFor(() => expect(processes(mark).length).toBeGreaterThan(0), GONE_MS_MAX);
    child.kill(signal);
    expect(await untilGone(mark)).toEqual([]);
  },
);

test("the guard's exit status is its program's, and what the program leaves behind ends with it", async () => {
  const mark = `87654${process.pid}`;
  const child = spawn(GUARD, ["sh", "-c", `(exec sleep ${mark}) & exit 3`], { stdio: "inherit" });
  started.push(child);
  const [status] = await once(child, "exit");
  expect(status).toBe(3);
  expect(await untilGone(mark)).toEqual([]);
});

const ALLOWED = /^Cpus_allowed_list:\s*(.*)$/m;
const GUARDS = 3;

/** `0-1,4` are three. */
function countOf(list: string): number {
  return list.split(",").reduce((count, range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return count + last - first + 1;
  }, 0);
}

function allowedIn(status: string): string {
  return ALLOWED.exec(status)?.[1] ?? "";
}

/** The processors of a guard's program, which goes on. */
async function programOf(owner: string): Promise<string> {
  const child = spawn(GUARD, ["sh", "-c", "cat /proc/self/status; exec sleep 60"], {
    env: { ...process.env, GUARD_PROCESSOR: owner },
    stdio: ["ignore", "pipe", "inherit"],
  });
  guards.push(child);
  const ended = once(child, "exit").then(([status]) => {
    throw new Error(`the guard ended with ${status}`);
  });
  const [text] = (await Promise.race([once(child.stdout, "data"), ended])) as [Buffer];
  return allowedIn(text.toString());
}

const guards: ChildProcess[] = [];
afterEach(async () => {
  for (const child of guards.splice(0)) {
    if (!child.kill("SIGTERM")) continue;
    await once(child, "exit");
  }
});

test("programs of guards get a processor each, another one as long as there are any", async () => {
  const owner = `guards-${process.pid}`;
  const lists: string[] = [];
  for (let count = 0; count < GUARDS; count++) lists.push(await programOf(owner));
  for (const list of lists) expect(list).toMatch(/^\d+$/);
  const all = countOf(allowedIn(readFileSync("/proc/self/status", "utf8")));
  expect(new Set(lists).size, lists.join()).toBe(Math.min(all, GUARDS));
});
