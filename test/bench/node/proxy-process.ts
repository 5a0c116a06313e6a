/** A process of a benchmark with its log, started again as often as wanted. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type ProcessUsage, processUsage } from "../../lab/process-usage.ts";

const LOG_CHARACTERS_SHOWN = 3_000;
const POLL_MS = 20;

/** One process at a time; each start begins its log anew. */
export class ProxyProcess {
  readonly #log: string;
  #child: ChildProcess | undefined;

  /** `name` is that of its log file. */
  constructor(name: string) {
    this.#log = `/run/${name}.log`;
  }

  /** `env` is added to the environment of this process. */
  start(program: string, words: readonly string[], env: NodeJS.ProcessEnv = {}): void {
    const log = openSync(this.#log, "w");
    const stdio = ["ignore", log, log] as const;
    this.#child = spawn(program, words, { stdio: [...stdio], env: { ...process.env, ...env } });
    closeSync(log);
  }

  /** The first line that matches. Rejects, with the end of the log, after `msMax` or when it ends. */
  async line(pattern: RegExp, msMax: number): Promise<string> {
    const startMs = performance.now();
    for (;;) {
      const [found] = this.lines(pattern);
      if (found !== undefined) return found;
      if (performance.now() - startMs > msMax) throw this.#failure(`no line ${pattern}`);
      this.mustRun();
      await sleep(POLL_MS);
    }
  }

  /** All lines that match, so far. */
  lines(pattern: RegExp): string[] {
    return readFileSync(this.#log, "utf8")
      .split("\n")
      .filter((line) => pattern.test(line));
  }

  /** Throws when it has ended by itself. */
  mustRun(): void {
    if (this.#child?.exitCode !== null) throw this.#failure("it has ended");
  }

  usage(): ProcessUsage {
    return processUsage(this.pid);
  }

  /** Undefined before the first start. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Ends it by force, and its children's work with it. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }

  #failure(what: string): Error {
    const log = readFileSync(this.#log, "utf8").slice(-LOG_CHARACTERS_SHOWN);
    return new Error(`${what}; its log:\n${log}`);
  }
}
