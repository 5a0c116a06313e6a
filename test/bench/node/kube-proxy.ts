/** The real kube-proxy in IPVS mode on the node of a benchmark. */
import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { hasSynced, KUBE_PROXY, kubeProxyConfig } from "../../lab/kube-proxy.ts";
import { BENCH_NODE } from "../bench-node.ts";
import type { NodeTask } from "./node-task.ts";
import { ProxyProcess } from "./proxy-process.ts";
import { SUBJECT_MS_MAX, type Subject } from "./subject.ts";

const CONFIG = "/run/bench-kube-proxy.yaml";
/** Each takes it seconds. */
const CHANGES = 5;
const POLL_MS = 1_000;

/** One kube-proxy. */
export class BenchKubeProxy implements Subject {
  readonly changes = CHANGES;
  readonly saysWhenComplete = false;
  readonly #process = new ProxyProcess("bench-kube-proxy");

  constructor({ kubeconfig }: NodeTask) {
    const clusterCidrs = ["10.0.0.0/8"];
    const config = kubeProxyConfig({ kubeconfig, nodeName: BENCH_NODE, clusterCidrs });
    writeFileSync(CONFIG, JSON.stringify(config));
  }

  start(): void {
    this.#process.start(KUBE_PROXY, ["--config", CONFIG]);
  }

  async synced(): Promise<boolean> {
    const startMs = performance.now();
    while (!(await hasSynced())) {
      this.#process.mustRun();
      if (performance.now() - startMs > SUBJECT_MS_MAX)
        throw new Error("kube-proxy: no first sync");
      await sleep(POLL_MS);
    }
    return true;
  }

  /** It does not say. */
  writes(): undefined {
    return undefined;
  }

  passesMs(): readonly number[] {
    return [];
  }

  usage() {
    return this.#process.usage();
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }
}
