/** kube-proxy's userspace mode, which is gone from kube-proxy: a process for each port of a Service. */
import { readdirSync, readFileSync } from "node:fs";
import type { ProcessUsage } from "../../lab/process-usage.ts";
import { withLegacyIptables } from "./kube-proxy.ts";
import type { NodeTask } from "./node-task.ts";
import { ProxyProcess } from "./proxy-process.ts";
import { SUBJECT_MS_MAX, type Subject } from "./subject.ts";

const CHANGES = 20;
const KB_PER_MB = 1_024;

/** One agent with all its processes. */
export class Userspace implements Subject {
  readonly changes = CHANGES;
  readonly saysWhenComplete = true;
  readonly syncMsMax = SUBJECT_MS_MAX;
  readonly #process = new ProxyProcess("bench-userspace");
  readonly #words: readonly string[];

  constructor({ userspace, kubeconfig }: NodeTask) {
    this.#words = [userspace, kubeconfig];
  }

  start(): void {
    this.#process.start(process.execPath, this.#words, { PATH: withLegacyIptables() });
  }

  async synced(): Promise<boolean> {
    await this.#process.line(/^complete$/, this.syncMsMax);
    return true;
  }

  /** It does not say. */
  writes(): undefined {
    return undefined;
  }

  passesMs(): undefined {
    return undefined;
  }

  /** The memory of its processes is all of what each has for itself, and no page of a file. */
  usage(): ProcessUsage {
    const own = this.#process.usage();
    const others = descendants(this.#process.pid ?? 0).map(anonymousMb);
    const residentMb = others.reduce((sum, megabytes) => sum + megabytes, own.residentMb);
    return { ...own, residentMb, peakMb: residentMb };
  }

  /** Its processes end with their input. */
  kill(): Promise<void> {
    return this.#process.kill();
  }
}

/** Children and their children. */
function descendants(pid: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    const parent = Number(/^PPid:\s+(\d+)$/m.exec(statusOf(name))?.[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
  }
  const found = [...(children.get(pid) ?? [])];
  // The list grows while it is walked.
  for (const child of found) found.push(...(children.get(child) ?? []));
  return found;
}

function anonymousMb(pid: number): number {
  return Number(/^RssAnon:\s+(\d+) kB$/m.exec(statusOf(`${pid}`))?.[1] ?? 0) / KB_PER_MB;
}

/** Empty for a process that has ended meanwhile. */
function statusOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/status`, "utf8");
  } catch {
    return "";
  }
}
