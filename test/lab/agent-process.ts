/** kube-ipvs as its own process, as a user starts it, and the JSON lines of its log. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { StatusView } from "../../src/cli/status-view.ts";

const PROGRAM = join("dist", "main.js");
const LOG = "/run/kube-ipvs.log";
const POLL_MS = 20;
/** Long: the start of a process under load takes tens of seconds where the machine is slow. */
const WAIT_MS_MAX = 90_000;
const LOG_LINES_SHOWN = 15;

/** One line of the log; which fields there are depends on the message. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly applied?: number;
  readonly refused?: number;
  readonly service?: string;
  readonly [field: string]: unknown;
}

/** The level of a warning. */
export const WARNING = "warn";

/** How a command of kube-ipvs ended. */
export interface CommandResult {
  readonly status: number;
  readonly output: string;
  readonly errors: string;
}

/** The agent; it can be killed and started again, and goes on in the same log. */
export class AgentProcess {
  #arguments: readonly string[] = [];
  #child: ChildProcess | undefined;

  /** `words` come after `kube-ipvs run`. Begins an empty log; starts nothing. */
  constructor(words: readonly string[]) {
    this.use(words);
    writeFileSync(LOG, "");
  }

  /** The words after `kube-ipvs run` from its next start on. */
  use(words: readonly string[]): void {
    this.#arguments = [PROGRAM, "run", ...words, "--log-format", "json"];
  }

  /** Starts it; returns the mark before its first line. */
  start(): number {
    const mark = this.mark();
    const log = openSync(LOG, "a");
    const child = spawn(process.execPath, this.#arguments, { stdio: ["ignore", log, log] });
    closeSync(log);
    child.on("error", () => {}); // Seen as a log line that never comes.
    this.#child = child;
    return mark;
  }

  /** False before the first start and after its end, by itself or not. */
  get isRunning(): boolean {
    return this.#child?.exitCode === null && this.#child.signalCode === null;
  }

  /** Ends it by a signal and waits until it is gone; returns its exit status. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<number | null> {
    const child = this.#child;
    if (!child || !this.isRunning) return child?.exitCode ?? null;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
    return child.exitCode;
  }

  /** The number of lines so far: what comes later is found from there. */
  mark(): number {
    return readLog().length;
  }

  /** The lines since a mark. */
  since(mark: number): LogLine[] {
    return readLog().slice(mark);
  }

  /** Waits for a line after `mark`. Rejects, with the end of the log, after `msMax`. */
  async line(
    what: string,
    is: (line: LogLine) => boolean,
    { mark, msMax = WAIT_MS_MAX }: { readonly mark: number; readonly msMax?: number },
  ): Promise<LogLine> {
    const startMs = performance.now();
    for (;;) {
      const found = this.since(mark).find(is);
      if (found) return found;
      if (performance.now() - startMs > msMax) {
        throw new Error(`no log line within ${msMax} ms: ${what}. The log:\n${this.logEnd()}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** Waits for the end of the first sync. */
  firstSync(mark: number, msMax = WAIT_MS_MAX): Promise<LogLine> {
    return this.line("the first sync", ({ msg }) => msg === "first sync finished", { mark, msMax });
  }

  /** The last lines, for messages. */
  logEnd(): string {
    return readFileSync(LOG, "utf8").split("\n").slice(-LOG_LINES_SHOWN).join("\n");
  }
}

/** Operations that the kernel got by the passes in `lines`. */
export function appliedIn(lines: readonly LogLine[]): number {
  return lines.reduce((sum, { applied = 0 }) => sum + applied, 0);
}

/** Runs a command of kube-ipvs to its end. */
export async function kubeIpvs(...words: readonly string[]): Promise<CommandResult> {
  const child = spawn(process.execPath, [PROGRAM, ...words], { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const [status] = await once(child, "close");
  return { status: typeof status === "number" ? status : 128, output, errors };
}

/** The page of `kube-ipvs status`. Rejects when there is none. */
export async function agentStatus(): Promise<StatusView> {
  const { status, output, errors } = await kubeIpvs("status", "-o", "json");
  if (status !== 0) throw new Error(`kube-ipvs status ended with ${status}: ${errors}`);
  return JSON.parse(output) as StatusView;
}

/** All whole lines that are JSON; a crash may have left others. */
function readLog(): LogLine[] {
  return readFileSync(LOG, "utf8")
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as LogLine);
}
