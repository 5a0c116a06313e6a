/** The real kube-proxy inside the lab, on the node under test, as a cluster runs it: in IPVS mode, where nothing else is said. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** The program. */
export const KUBE_PROXY = join("build", "lab", "kubernetes", "kube-proxy");
/** The file that it is configured by. */
export const KUBE_PROXY_CONFIG = "/run/kube-proxy.yaml";
const LOG = "/run/kube-proxy.log";
const LOG_CHARACTERS_SHOWN = 3_000;
const METRICS = "http://127.0.0.1:10249/metrics";
/** A count for each family. */
const SYNCS =
  /^kubeproxy_sync_proxy_rules_duration_seconds_count\{.*?ip_family="(\w+)".*?\} (\d+)$/gm;
const FAMILIES = 2;
const READY_MS_MAX = 300_000;
const POLL_MS = 100;

/** What it is told. */
export interface KubeProxyOptions {
  readonly kubeconfig: string;
  readonly nodeName: string;
  readonly clusterCidrs: readonly string[];
  /** Fields of its configuration that are not as everywhere. */
  readonly more?: { readonly nodePortAddresses?: readonly string[]; readonly ipvs?: object };
}

/** How it puts Services in force. */
export type KubeProxyMode = "ipvs" | "iptables" | "nftables";

/** Its configuration, as far as it is not the default. */
export function kubeProxyConfig(
  { kubeconfig, nodeName, clusterCidrs }: KubeProxyOptions,
  mode: KubeProxyMode,
): object {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    mode,
    clientConnection: { kubeconfig },
    hostnameOverride: nodeName,
    clusterCIDR: clusterCidrs.join(),
    // The lab's kernel keeps the limits of its connection tracking.
    conntrack: { maxPerCore: 0 },
  };
}

/** Writes its file, which the agent takes as well. */
export function writeKubeProxyConfig(options: KubeProxyOptions): void {
  const { ipvs, ...more } = options.more ?? {};
  const config = { ...kubeProxyConfig(options, "ipvs"), ...more };
  const file = { ...config, ipvs: { syncPeriod: "5s", ...ipvs } };
  writeFileSync(KUBE_PROXY_CONFIG, JSON.stringify(file));
}

/** One kube-proxy; not beside an agent, for they undo each other's work. */
export class KubeProxy {
  #child: ChildProcess | undefined;

  /** Returns when it has synced once in both families, which it does when it has listed all. */
  static async start(options: KubeProxyOptions): Promise<KubeProxy> {
    writeKubeProxyConfig(options);
    const proxy = new KubeProxy();
    const log = openSync(LOG, "w");
    const child = spawn(KUBE_PROXY, ["--config", KUBE_PROXY_CONFIG], {
      stdio: ["ignore", log, log],
    });
    closeSync(log);
    child.on("error", () => {}); // Seen as a kube-proxy that is never ready.
    proxy.#child = child;
    const startMs = performance.now();
    while (!(await hasSynced())) {
      if (performance.now() - startMs > READY_MS_MAX || child.exitCode !== null) {
        throw new Error(`kube-proxy is not ready; its log:\n${proxy.logEnd()}`);
      }
      await sleep(POLL_MS);
    }
    return proxy;
  }

  /** Ends it; what it wrote stays. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    const exited = once(child, "exit");
    child.kill("SIGTERM");
    await exited;
  }

  /** The last lines of its log, for messages. */
  logEnd(): string {
    return readFileSync(LOG, "utf8").slice(-LOG_CHARACTERS_SHOWN);
  }
}

/** True when it has synced once in both families. */
export async function hasSynced(): Promise<boolean> {
  try {
    const text = await (await fetch(METRICS)).text();
    const counts = [...text.matchAll(SYNCS)].map(([, , count]) => Number(count));
    return counts.length === FAMILIES && counts.every((count) => count > 0);
  } catch {
    return false; // It does not listen yet.
  }
}
