/** The real kube-proxy in one of its modes on the node of a benchmark. */
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  hasSynced,
  KUBE_PROXY,
  type KubeProxyMode,
  kubeProxyConfig,
} from "../../lab/kube-proxy.ts";
import { BENCH_NODE } from "../bench-node.ts";
import type { NodeTask } from "./node-task.ts";
import { ProxyProcess } from "./proxy-process.ts";
import { SUBJECT_MS_MAX, type Subject } from "./subject.ts";

const CONFIG = "/run/bench-kube-proxy.yaml";
/** Each takes it seconds. */
const CHANGES = 5;
const POLL_MS = 200;
/** Where its first sync of IPVS ends at all, but only just: 1,000 Services took it 537 s on a quiet machine. */
const SLOW_SIZE = 1_000;
const SLOW_SYNC_MS_MAX = 1_200_000;
const LEGACY_FOLDER = "/run/bench-iptables";

/** One kube-proxy. */
export class BenchKubeProxy implements Subject {
  readonly changes = CHANGES;
  readonly saysWhenComplete = false;
  readonly syncMsMax: number;
  readonly #process = new ProxyProcess("bench-kube-proxy");

  readonly #mode: KubeProxyMode;

  constructor({ kubeconfig, size }: NodeTask, mode: KubeProxyMode) {
    const clusterCidrs = ["10.0.0.0/8"];
    const options = { kubeconfig, nodeName: BENCH_NODE, clusterCidrs };
    writeFileSync(CONFIG, JSON.stringify(kubeProxyConfig(options, mode)));
    this.#mode = mode;
    this.syncMsMax = size.services === SLOW_SIZE ? SLOW_SYNC_MS_MAX : SUBJECT_MS_MAX;
  }

  start(): void {
    const env = this.#mode === "iptables" ? { PATH: withLegacyIptables() } : {};
    this.#process.start(KUBE_PROXY, ["--config", CONFIG], env);
  }

  async synced(): Promise<boolean> {
    const startMs = performance.now();
    while (!(await hasSynced())) {
      this.#process.mustRun();
      if (performance.now() - startMs > this.syncMsMax) return false;
      await sleep(POLL_MS);
    }
    return true;
  }

  /** It does not say. */
  writes(): undefined {
    return undefined;
  }

  passesMs(): undefined {
    return undefined;
  }

  usage() {
    return this.#process.usage();
  }

  kill(): Promise<void> {
    return this.#process.kill();
  }
}

/** A search path that finds the iptables of x_tables first: the one that the published comparisons are of. */
export function withLegacyIptables(): string {
  rmSync(LEGACY_FOLDER, { recursive: true, force: true });
  mkdirSync(LEGACY_FOLDER);
  for (const tool of ["iptables", "ip6tables"]) {
    for (const part of ["", "-save", "-restore"]) {
      symlinkSync("/usr/sbin/xtables-legacy-multi", join(LEGACY_FOLDER, `${tool}${part}`));
    }
  }
  return `${LEGACY_FOLDER}:${process.env["PATH"]}`;
}
