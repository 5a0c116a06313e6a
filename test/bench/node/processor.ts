/** The processor and the kernel's memory of the whole lab, by /proc. */
import { readFileSync } from "node:fs";

/** `USER_HZ`: the same on every Linux that Node runs on. */
const TICKS_PER_S = 100;
const MS_PER_S = 1_000;
/** Of the first line of `/proc/stat`: idle, and idle while a disk works. */
const IDLE = [3, 4] as const;
const KB_PER_MB = 1_024;
/** What tables of the kernel are made of. */
const KERNEL_MEMORY = ["SUnreclaim", "VmallocUsed", "Percpu"];

/**
 * Seconds of processor that `work` took, with all that went on beside it. What is not idle: the kernel counts idle
 * time exactly, but the time of programs by whom a tick meets, and many begin right after one.
 */
export async function busyDuring<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly busyS: number; readonly tookS: number }> {
  const [startMs, before] = [performance.now(), idle()];
  const result = await work();
  const tookS = (performance.now() - startMs) / MS_PER_S;
  const after = idle();
  return { result, busyS: tookS * after.processors - (after.seconds - before.seconds), tookS };
}

function idle(): { readonly seconds: number; readonly processors: number } {
  const text = readFileSync("/proc/stat", "utf8");
  const ticks = (text.split("\n")[0] ?? "").trim().split(/\s+/).slice(1).map(Number);
  const idleTicks = IDLE.reduce((sum, index) => sum + (ticks[index] ?? 0), 0);
  return { seconds: idleTicks / TICKS_PER_S, processors: text.match(/^cpu\d/gm)?.length ?? 1 };
}

/** Memory that the kernel has taken for itself, in MB. */
export function kernelMb(): number {
  const text = readFileSync("/proc/meminfo", "utf8");
  const kilobytes = KERNEL_MEMORY.map((name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(text)?.[1] ?? 0),
  );
  return kilobytes.reduce((sum, value) => sum + value, 0) / KB_PER_MB;
}
