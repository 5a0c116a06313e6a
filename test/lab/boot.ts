/**
 * Boots the lab, runs one program in it as a node's root, and brings back what it reported.
 * The machine's files are there read-only; the guest writes to memory and to one shared folder.
 */
import { type ChildProcess, spawn } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { chooseEngine } from "../setup/engine.mjs";
import { BUILD, ROOT } from "../setup/paths.mjs";
import { Console } from "./console.ts";
import { LabError } from "./lab-error.ts";
import { LineFollower } from "./line-follower.ts";
import { raiseMapCount } from "./map-count.ts";

/** Where the shared folder is inside. */
export const SHARED_FOLDER = "/run/lab";

const MEMORY_MB_DEFAULT = 2048;
const TIMEOUT_MS_DEFAULT = 300_000;
const SHARED_FOLDER_BYTES = 512 * 1024 * 1024;

/** What to run in the lab, and who listens. */
export interface LabOptions {
  /** A program and its arguments, looked up in /usr/sbin:/usr/bin:/sbin:/bin. */
  readonly command: readonly string[];
  /** Added to the program's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** The lab is ended after this long; 0 for never. 5 minutes by default. */
  readonly timeoutMs?: number;
  /** Memory of a User-Mode Linux guest; it is taken from the machine as it is used. */
  readonly memoryMb?: number;
  /** Gets each line that the program reports (`report` of report.ts), parsed, as it appears. */
  readonly onLine?: (value: unknown) => void;
  /** Gets what the program prints, both outputs as one, as it appears. */
  readonly onOutput?: (text: string) => void;
  /** The program gets this process's terminal. */
  readonly interactive?: boolean;
  /** Gets the shared folder, with all that the program left there, before it is removed. */
  readonly collect?: (folder: string) => void | Promise<void>;
  /** Ends the lab when aborted. */
  readonly signal?: AbortSignal;
}

/** How a run of the lab ended. */
export interface LabResult {
  readonly engine: "namespace" | "uml";
  /** Of the program; 128 + number when a signal ended it. */
  readonly exitStatus: number;
  /** From starting the lab to starting the program. */
  readonly bootMs: number;
  /** All of it. */
  readonly tookMs: number;
  /** The end of what the program printed. */
  readonly output: string;
}

/**
 * Boots the lab, waits until its program has ended, and returns how.
 * Throws {@link LabError} when the lab cannot start or ends without the program's exit status.
 */
export async function bootLab(options: LabOptions): Promise<LabResult> {
  const engine = await chooseEngine();
  const folder = mkdtempSync(join(roomyFolder(SHARED_FOLDER_BYTES), "kube-ipvs-lab-"));
  try {
    copyFileSync(builtProgram("init"), join(folder, "init"));
    writeFileSync(join(folder, "command"), commandText(options));
    const result = await (engine === "uml" ? runUml : runNamespace)(folder, options);
    await options.collect?.(folder);
    return { engine, ...result };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Ended = Omit<LabResult, "engine">;

async function runUml(folder: string, options: LabOptions): Promise<Ended> {
  const { memoryMb = MEMORY_MB_DEFAULT, interactive = false } = options;
  const kernel = builtProgram("kernel");
  const memoryFolder = roomyFolder(memoryMb * 1024 * 1024);
  raiseMapCount();
  const args = [
    `mem=${memoryMb}M`,
    "rootfstype=hostfs root=/dev/root rootflags=/ ro",
    `init=${folder}/init`,
    `LAB_ENGINE=uml`,
    `LAB_FOLDER=${folder}`,
    "con=none con0=fd:0,fd:1 quiet loglevel=1",
  ].flatMap((words) => words.split(" "));
  // It keeps its socket below HOME, so that is the folder which is removed at the end.
  const env = {
    ...{ PATH: "/usr/bin:/bin", HOME: folder, TMPDIR: memoryFolder },
    GUARD_PROCESSOR: "kube-ipvs-lab",
  };
  return await follow(startGuarded([kernel, ...args], env, interactive), folder, options);
}

async function runNamespace(folder: string, options: LabOptions): Promise<Ended> {
  const flags = ["--net", "--mount", "--pid", "--fork", "--kill-child"];
  const env = { ...process.env, LAB_ENGINE: "namespace", LAB_FOLDER: folder };
  const words = ["unshare", ...flags, join(folder, "init")];
  return await follow(startGuarded(words, env, options.interactive === true), folder, options);
}

/** Starts the lab's processes under the guard, which ends them all: on a signal, or with this process. */
function startGuarded(
  words: readonly string[],
  env: NodeJS.ProcessEnv,
  interactive: boolean,
): ChildProcess {
  return spawn(builtProgram("guard"), words, {
    cwd: "/",
    env: {
      ...env,
      GUARD_PARENT: `${process.pid}`,
      ...(interactive && { GUARD_TERMINAL: "1" }),
    },
    // Keys of a terminal are for this process, which ends the lab in its own way.
    detached: !interactive,
    stdio: interactive ? "inherit" : ["ignore", "pipe", "pipe"],
  });
}

/** Waits for the lab's end and reads how the program ended. */
async function follow(child: ChildProcess, folder: string, options: LabOptions): Promise<Ended> {
  const { timeoutMs = TIMEOUT_MS_DEFAULT, onLine, onOutput, signal } = options;
  const startMs = performance.now();
  const console = new Console(startMs, onOutput);
  child.stdout?.setEncoding("utf8").on("data", (text: string) => console.accept(text));
  child.stderr?.setEncoding("utf8").on("data", (text: string) => console.accept(text));
  const lines = new LineFollower(join(folder, "report.jsonl"), (value) => onLine?.(value));
  let late = false;
  const end = (): void => void child.kill("SIGTERM");
  const timer = setTimeout(
    () => {
      late = true;
      end();
    },
    timeoutMs > 0 ? timeoutMs : undefined,
  );
  if (timeoutMs <= 0) clearTimeout(timer);
  signal?.addEventListener("abort", end);
  process.once("exit", end);
  try {
    await new Promise<void>((resolve, reject) => {
      child.once("error", (err) => reject(new LabError("not-ready", err.message)));
      child.once("close", () => resolve());
    });
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", end);
    process.off("exit", end);
    lines.close();
  }
  if (late) {
    throw new LabError("deadline", `The lab took longer than ${timeoutMs} ms.`, console.tail);
  }
  const exitStatus = readStatus(folder) ?? console.fail();
  const bootMs = console.startedMs ?? 0;
  return { exitStatus, bootMs, tookMs: performance.now() - startMs, output: console.tail };
}

/** The program's exit status from init's file, or undefined when init did not get so far. */
function readStatus(folder: string): number | undefined {
  const path = join(folder, "status");
  if (!existsSync(path)) return undefined;
  const [kind, number] = readFileSync(path, "utf8").trim().split(" ");
  return Number(number) + (kind === "signal" ? 128 : 0);
}

/** What init reads: paths to keep in sight, the environment, the words of the command. */
function commandText({ command, env = {}, interactive = false }: LabOptions): string {
  const environment: Record<string, string> = {
    PATH: `${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`,
    HOME: "/run",
    PWD: ROOT,
    TERM: process.env["TERM"] ?? "dumb",
    LAB_REPORT: `${SHARED_FOLDER}/report.jsonl`,
    LAB_TRAFFIC: builtProgram("traffic"),
    LAB_FLOOR: builtProgram("floor"),
    ...(!interactive && { NO_COLOR: "1" }),
    ...(interactive && { LAB_INTERACTIVE: "1", ...terminalSize() }),
    ...env,
  };
  const kept = [ROOT, dirname(process.execPath)].filter((path) => /^\/(tmp|run)\//.test(path));
  const pairs = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return [kept, pairs, command].map((list) => `${list.map((s) => `${s}\0`).join("")}\0`).join("");
}

function terminalSize(): Record<string, string> {
  const { rows, columns } = process.stdout;
  return rows > 0 && columns > 0 ? { LINES: `${rows}`, COLUMNS: `${columns}` } : {};
}

function builtProgram(name: string): string {
  const path = join(BUILD, "lab", name);
  if (existsSync(path)) return path;
  throw new LabError("not-ready", `There is no ${path}. Please run: npm run setup`);
}

/** Memory where there is enough (some containers have 64 MB of /dev/shm), else a folder on disk. */
function roomyFolder(bytes: number): string {
  try {
    const { bavail, bsize } = statfsSync("/dev/shm");
    if (bavail * bsize > bytes) return "/dev/shm";
  } catch (err) {
    if ((err as NodeJS.ErrnoException).code !== "ENOENT") throw err;
  }
  return tmpdir();
}
