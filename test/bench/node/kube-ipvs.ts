/** kube-ipvs on the node of a benchmark, started as users start it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type ProcessUsage, processUsage } from "../../lab/process-usage.ts";
import { BENCH_NODE } from "../bench-node.ts";
import type { NodeTask } from "./node-task.ts";
import type { Subject } from "./subject.ts";

const LOG = "/run/bench-agent.log";
const LOG_CHARACTERS_SHOWN = 3_000;
const POLL_MS = 20;

/** One agent. */
export class KubeIpvs implements Subject {
  readonly #task: NodeTask;
  #child: ChildProcess | undefined;
  #log = "";

  constructor(task: NodeTask) {
    this.#task = task;
  }

  start(): void {
    const { main, kubeconfig } = this.#task;
    writeFileSync(LOG, "");
    const log = openSync(LOG, "a");
    const words = [main, "run", "--kubeconfig", kubeconfig, "--hostname-override", BENCH_NODE];
    const more = ["--log-format", "json", "--cluster-cidr", "10.0.0.0/8"];
    this.#child = spawn(process.execPath, [...words, ...more], {
      stdio: ["ignore", log, log],
    });
    closeSync(log);
  }

  async synced(msMax: number): Promise<{ readonly writes: number }> {
    const startMs = performance.now();
    for (;;) {
      this.#log = readFileSync(LOG, "utf8");
      const line = this.#log.split("\n").find((one) => one.includes("first sync finished"));
      if (line !== undefined) return { writes: (JSON.parse(line) as { applied: number }).applied };
      if (performance.now() - startMs > msMax || this.#child?.exitCode !== null) {
        throw new Error(`no first sync:\n${this.#log.slice(-LOG_CHARACTERS_SHOWN)}`);
      }
      await sleep(POLL_MS);
    }
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  usage(): ProcessUsage {
    return processUsage(this.#child?.pid);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  }
}
