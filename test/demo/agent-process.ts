/** kube-ipvs as its own process, as a user starts it, and the JSON lines of its log. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { SAMPLE_NODE } from "../lab/sample-topology.ts";

const PROGRAM = join("dist", "main.js");
const LOG = "/run/kube-ipvs.log";
const POLL_MS = 20;

/** One line of the log; which fields there are depends on the message. */
export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly time: string;
  readonly applied?: number;
  readonly refused?: number;
  readonly service?: string;
  readonly [field: string]: unknown;
}

/** The level of a warning. */
export const WARNING = "warn";

/** The agent; it can be killed and started again, and goes on in the same log. */
export class AgentProcess {
  readonly #arguments: readonly string[];
  #child: ChildProcess | undefined;

  /** `source` says where the objects are. Begins an empty log; starts nothing. */
  constructor(source: readonly string[]) {
    const words = ["--node-name", SAMPLE_NODE, "--log-format", "json"];
    this.#arguments = [PROGRAM, "run", ...source, ...words];
    writeFileSync(LOG, "");
  }

  /** Starts it; returns when (performance.now). */
  start(): number {
    const log = openSync(LOG, "a");
    const startMs = performance.now();
    const child = spawn(process.execPath, this.#arguments, { stdio: ["ignore", log, log] });
    closeSync(log);
    child.on("error", () => {}); // Seen as a log line that never comes.
    this.#child = child;
    return startMs;
  }

  /** Ends it by a signal and waits until it is gone. */
  async end(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill(signal);
    await exited;
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
    { mark, msMax = 20_000 }: { readonly mark: number; readonly msMax?: number },
  ): Promise<LogLine> {
    const startMs = performance.now();
    for (;;) {
      const found = this.since(mark).find(is);
      if (found) return found;
      if (performance.now() - startMs > msMax) {
        throw new Error(`no log line within ${msMax} ms: ${what}. The log:\n${logEnd()}`);
      }
      await sleep(POLL_MS);
    }
  }

  /** The end of the first sync. */
  firstSync(mark: number): Promise<LogLine> {
    const is = ({ msg }: LogLine): boolean => msg === "first sync finished";
    return this.line("first sync finished", is, { mark });
  }
}

/** What a command of kube-ipvs prints. Rejects when it fails. */
export async function kubeIpvs(...words: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [status] = await once(child, "close");
  if (status !== 0) throw new Error(`kube-ipvs ${words.join(" ")} ended with ${status}`);
  return output;
}

/** All whole lines that are JSON; a crash may have left others. */
function readLog(): LogLine[] {
  return readFileSync(LOG, "utf8")
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as LogLine);
}

function logEnd(): string {
  return readFileSync(LOG, "utf8").split("\n").slice(-10).join("\n");
}
