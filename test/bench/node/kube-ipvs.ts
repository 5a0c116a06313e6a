/** kube-ipvs on the node of a benchmark, started as users start it. */
import { BENCH_NODE } from "../bench-node.ts";
import type { NodeTask } from "./node-task.ts";
import { ProxyProcess } from "./proxy-process.ts";
import { SINGLE_CHANGES, SUBJECT_MS_MAX, type Subject } from "./subject.ts";

/** One agent. */
export class KubeIpvs implements Subject {
  readonly changes = SINGLE_CHANGES;
  readonly saysWhenComplete = true;
  readonly syncMsMax = SUBJECT_MS_MAX;
  readonly #process = new ProxyProcess("bench-agent");
  readonly #words: readonly string[];
  #writes: number | undefined;

  constructor({ main, kubeconfig }: NodeTask) {
    this.#words = [
      ...[main, "run", "--kubeconfig", kubeconfig, "--hostname-override", BENCH_NODE],
      ...["--log-format", "json", "--cluster-cidr", "10.0.0.0/8"],
    ];
  }

  start(): void {
    this.#process.start(process.execPath, this.#words);
  }

  async synced(): Promise<boolean> {
    const line = await this.#process.line(/first sync finished/, this.syncMsMax);
    this.#writes = (JSON.parse(line) as { readonly applied: number }).applied;
    return true;
  }

  writes(): number | undefined {
    return this.#writes;
  }

  passesMs(): readonly number[] {
    return this.#process
      .lines(/"pass finished"/)
      .map((line) => Date.parse((JSON.parse(line) as { readonly time: string }).time));
  }

  usage() {
    return this.#process.usage();
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }
}
